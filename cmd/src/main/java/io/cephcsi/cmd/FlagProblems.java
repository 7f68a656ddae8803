package io.cephcsi.cmd;

import io.cephcsi.csi.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** What is wrong with the flags, all of it at once. */
final class FlagProblems {
  private static final Pattern DNS_SUBDOMAIN =
      Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");
  private static final int LONGEST_DRIVER_NAME = 63;

  private FlagProblems() {}

  /** One sentence a problem; empty when the driver can start. */
  static List<String> of(Flags flags) {
    List<String> problems = new ArrayList<>();
    type(flags, problems);
    endpoint(flags, problems);
    driverName(flags, problems);
    if (flags.nodeId.isEmpty()) {
      problems.add("--nodeid is missing: give this node's name in Kubernetes");
    }
    if (flags.type.equals("cephfs")) {
      radosNamespace(flags, problems);
    } else {
      ofImages(flags, problems);
    }
    topology(flags, problems);
    if (flags.stopGrace.isNegative()) {
      problems.add("--stop-grace=%s is negative".formatted(flags.stopGrace));
    }
    return problems;
  }

  /** The flag never had an effect in ceph-csi; who sets it would look for journals elsewhere. */
  private static void radosNamespace(Flags flags, List<String> problems) {
    if (!flags.radosNamespaceCephFs.isEmpty() && !flags.radosNamespaceCephFs.equals("csi")) {
      problems.add(
          "--radosnamespacecephfs=%s has no effect: set cephFS.radosNamespace of the cluster in config.json, and leave the flag out"
              .formatted(flags.radosNamespaceCephFs));
    }
  }

  private static void ofImages(Flags flags, List<String> problems) {
    if (!flags.controllerServer && !flags.nodeServer) {
      problems.add("neither --controllerserver nor --nodeserver is given: name one or both");
    }
    if (!Set.of("ext4", "xfs").contains(flags.defaultFilesystem)) {
      problems.add(
          "--default-fstype=%s: ext4 and xfs are known".formatted(flags.defaultFilesystem));
    }
    if (!Set.of("rbd", "rbd-nbd", "userspace").contains(flags.defaultMounter)) {
      problems.add(
          "--default-mounter=%s: rbd, rbd-nbd and userspace are known"
              .formatted(flags.defaultMounter));
    }
  }

  private static void type(Flags flags, List<String> problems) {
    switch (flags.type) {
      case "rbd", "cephfs" -> {}
      case "" -> problems.add("--type is missing: rbd, cephfs or liveness");
      case "liveness" -> problems.add("--type=liveness is not there yet: rbd and cephfs are");
      default ->
          problems.add("--type=%s is unknown: rbd, cephfs or liveness".formatted(flags.type));
    }
  }

  private static void endpoint(Flags flags, List<String> problems) {
    try {
      var _ = Endpoint.of(flags.endpoint);
    } catch (IllegalArgumentException e) {
      problems.add("--endpoint: " + e.getMessage());
    }
  }

  private static void topology(Flags flags, List<String> problems) {
    try {
      var _ = TopologySegments.of(flags.topology, driverName(flags));
    } catch (IllegalArgumentException e) {
      problems.add("--topology: " + e.getMessage());
    }
    try {
      var _ = Labels.of(flags.nodeLabels);
    } catch (IllegalArgumentException e) {
      problems.add("--node-labels: " + e.getMessage());
    }
  }

  private static void driverName(Flags flags, List<String> problems) {
    String name = driverName(flags);
    if (name.length() > LONGEST_DRIVER_NAME
        || !DNS_SUBDOMAIN.matcher(name.toLowerCase(Locale.ROOT)).matches()) {
      problems.add(
          "--drivername=%s: it must be a DNS name of at most 63 characters".formatted(name));
    }
  }

  /** The driver's name; by its type when the flag is not given. */
  static String driverName(Flags flags) {
    return flags.driverName.isEmpty() ? flags.type + ".csi.ceph.com" : flags.driverName;
  }
}
