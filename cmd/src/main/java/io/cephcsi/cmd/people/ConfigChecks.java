package io.cephcsi.cmd.people;

import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.MonitorReach;
import io.cephcsi.cluster.Monitors;
import io.cephcsi.csi.CsiException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether a config.json can be used, and its monitors be reached from here. */
record ConfigChecks(Path file, Duration patience) {
  private static final Duration LONGEST = Duration.ofSeconds(5);

  List<Check> all() {
    String subject = file.toString();
    try {
      List<ClusterConfig> clusters = new ClusterConfigs(file).all();
      List<Check> checks = new ArrayList<>();
      checks.add(
          clusters.isEmpty()
              ? Check.problem(
                  subject,
                  "has no cluster",
                  "add one with clusterID and monitors, see docs/reference/config.md")
              : Check.ok(
                  subject, clusters.size() + (clusters.size() == 1 ? " cluster" : " clusters")));
      Set<String> seen = new HashSet<>();
      clusters.forEach(cluster -> checks.addAll(of(cluster, seen)));
      return checks;
    } catch (CsiException e) {
      return List.of(
          Check.problem(subject, String.valueOf(e.getMessage()), "mend the file or name another"));
    }
  }

  private List<Check> of(ClusterConfig cluster, Set<String> seen) {
    String subject = "cluster " + cluster.clusterId();
    if (cluster.clusterId().isEmpty()) {
      return List.of(
          Check.problem("a cluster", "has no clusterID", "give it one, which classes then name"));
    }
    if (!seen.add(cluster.clusterId())) {
      return List.of(
          Check.problem(
              subject, "is there twice, and the first one counts", "take one of the two away"));
    }
    if (cluster.monitors().isEmpty()) {
      return List.of(
          Check.problem(subject, "has no monitors", "add the addresses that ceph mon dump tells"));
    }
    return List.of(reach(subject, cluster), protocol(subject, cluster));
  }

  private Check reach(String subject, ClusterConfig cluster) {
    Duration wait = patience.compareTo(LONGEST) < 0 ? patience : LONGEST;
    MonitorReach reach = MonitorReach.of(cluster, wait);
    String found =
        "%d of %d monitors answer from here".formatted(reach.reached(), reach.monitors());
    if (reach.reached() == reach.monitors()) {
      return Check.ok(subject, found);
    }
    String remedy =
        "see their addresses (ceph mon dump), that they run, and firewalls: "
            + cluster.monitorList();
    return reach.reached() == 0
        ? Check.problem(subject, found, remedy)
        : Check.note(subject, found, remedy);
  }

  private static Check protocol(String subject, ClusterConfig cluster) {
    boolean first = Monitors.of(cluster.monitorList()).stream().anyMatch(m -> !m.secondProtocol());
    return first
        ? Check.ok(subject, "has monitors of protocol v1, which the kernel wants by default")
        : Check.note(
            subject,
            "has monitors of protocol v2 alone",
            "add their ports of v1 (6789), or ms_mode to mapOptions, for mounter rbd");
  }
}
