package io.cephcsi.cmd;

import io.cephcsi.cmd.people.NearestName;
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
  private static final int LAST_PORT = 65_535;
  private static final int DEEPEST = 14;
  private static final int MOST_SNAPSHOTS = 500;

  private FlagProblems() {}

  /** One sentence a problem; empty when the driver can start. */
  static List<String> of(Flags flags) {
    List<String> problems = new ArrayList<>();
    type(flags, problems);
    endpoint(flags, problems);
    driverName(flags, problems);
    if (flags.type.equals("liveness")) {
      polling(flags, problems);
    } else {
      services(flags, problems);
    }
    metrics(flags, problems);
    known("--log-format", flags.logFormat, List.of("text", "json"), problems);
    if (!Set.of("cephfs", "liveness").contains(flags.type)) {
      ofImages(flags, problems);
    }
    topology(flags, problems);
    if (flags.stopGrace.isNegative()) {
      problems.add(
          "--stop-grace=%s is negative: give 0 or more"
              .formatted(GoDuration.text(flags.stopGrace)));
    }
    return problems;
  }

  private static void ofImages(Flags flags, List<String> problems) {
    if (!flags.controllerServer && !flags.nodeServer) {
      problems.add("neither --controllerserver nor --nodeserver is given: name one or both");
    }
    known("--default-fstype", flags.defaultFilesystem, List.of("ext4", "xfs"), problems);
    known(
        "--default-mounter",
        flags.defaultMounter,
        List.of("rbd", "rbd-nbd", "userspace"),
        problems);
    cloneLimits(flags, problems);
  }

  private static void type(Flags flags, List<String> problems) {
    if (flags.type.isEmpty()) {
      problems.add("--type is missing: give rbd, cephfs or liveness");
    } else {
      known("--type", flags.type, List.of("rbd", "cephfs", "liveness"), problems);
    }
  }

  private static void known(String flag, String value, List<String> names, List<String> problems) {
    if (!names.contains(value)) {
      String all = String.join(", ", names.subList(0, names.size() - 1)) + " or " + names.getLast();
      problems.add(
          "%s=%s is not known: choose %s"
              .formatted(flag, value, all + NearestName.suggested(value, names)));
    }
  }

  private static void services(Flags flags, List<String> problems) {
    if (flags.nodeId.isEmpty()) {
      problems.add("--nodeid is missing: give this node's name in Kubernetes");
    }
  }

  private static void polling(Flags flags, List<String> problems) {
    if (!flags.pollTime.isPositive()) {
      problems.add(
          "--polltime=%s is not positive: give a time like 60s"
              .formatted(GoDuration.text(flags.pollTime)));
    }
    if (!flags.timeout.isPositive()) {
      problems.add(
          "--timeout=%s is not positive: give a time like 3s"
              .formatted(GoDuration.text(flags.timeout)));
    }
  }

  private static void metrics(Flags flags, List<String> problems) {
    port("--metricsport", flags.metricsPort, problems);
    port("--driver-metrics-port", flags.driverMetricsPort, problems);
    if (!flags.metricsPath.startsWith("/")) {
      problems.add(
          "--metricspath=%s does not begin with a slash: give a path like /metrics"
              .formatted(flags.metricsPath));
    }
    if (flags.metricsTlsCertificate.isEmpty() != flags.metricsTlsKey.isEmpty()) {
      problems.add("--metrics-tls-cert and --metrics-tls-key go together: give both or none");
    }
  }

  private static void port(String flag, int port, List<String> problems) {
    if (port < 0 || port > LAST_PORT) {
      problems.add("%s=%d is no port: choose one from 1 to %d".formatted(flag, port, LAST_PORT));
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
      var _ = TopologyLabels.of(flags.topology);
    } catch (IllegalArgumentException e) {
      problems.add("--topology: " + e.getMessage());
    }
    List<String> twice = NodePlace.twice(flags.domainLabels);
    if (!twice.isEmpty()) {
      problems.add(
          "--domainlabels: %s is there twice, as what stands before a slash does not count: leave one out"
              .formatted(String.join(", ", twice)));
    }
  }

  /** ceph-csi's bounds. The kernel maps no image with more than sixteen ancestors. */
  private static void cloneLimits(Flags flags, List<String> problems) {
    if (flags.hardMaxCloneDepth < 1 || flags.hardMaxCloneDepth > DEEPEST) {
      problems.add(
          "--rbdhardmaxclonedepth=%d: give 1 to %d".formatted(flags.hardMaxCloneDepth, DEEPEST));
    }
    if (flags.softMaxCloneDepth < 0 || flags.softMaxCloneDepth > flags.hardMaxCloneDepth) {
      problems.add(
          "--rbdsoftmaxclonedepth=%d: give 0 to --rbdhardmaxclonedepth, %d"
              .formatted(flags.softMaxCloneDepth, flags.hardMaxCloneDepth));
    }
    if (flags.maxSnapshotsOnImage < 1 || flags.maxSnapshotsOnImage > MOST_SNAPSHOTS) {
      problems.add(
          "--maxsnapshotsonimage=%d: give 1 to %d"
              .formatted(flags.maxSnapshotsOnImage, MOST_SNAPSHOTS));
    }
    if (flags.minSnapshotsOnImage < 0 || flags.minSnapshotsOnImage > flags.maxSnapshotsOnImage) {
      problems.add(
          "--minsnapshotsonimage=%d: give 0 to --maxsnapshotsonimage, %d"
              .formatted(flags.minSnapshotsOnImage, flags.maxSnapshotsOnImage));
    }
  }

  private static void driverName(Flags flags, List<String> problems) {
    String name = driverName(flags);
    if (name.length() > LONGEST_DRIVER_NAME
        || !DNS_SUBDOMAIN.matcher(name.toLowerCase(Locale.ROOT)).matches()) {
      problems.add(
          "--drivername=%s is no DNS name of at most 63 characters: use letters, digits, dashes and dots"
              .formatted(name));
    }
  }

  /** The driver's name; by its type when the flag is not given. */
  static String driverName(Flags flags) {
    return flags.driverName.isEmpty() ? flags.type + ".csi.ceph.com" : flags.driverName;
  }
}
