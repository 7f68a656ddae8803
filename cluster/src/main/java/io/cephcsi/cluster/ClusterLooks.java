package io.cephcsi.cluster;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.Credentials;
import java.util.function.Function;

/** Looks at what monitors know, each without waiting longer than {@link Looks} allows. */
public record ClusterLooks(Clusters clusters, Looks looks) {
  /** Begins a look at a cluster's health. */
  public Look<ClusterHealth> monitors(ClusterConfig config, Credentials user, long until) {
    return begin(config, "monitors as " + user, user, ClusterHealth::of, until);
  }

  /** Begins a look at the clients that a cluster refuses. */
  public Look<Blocklist> blocklist(ClusterConfig config, Credentials user, long until) {
    return begin(config, "blocklist as " + user, user, Blocklist::of, until);
  }

  private <T> Look<T> begin(
      ClusterConfig config,
      String what,
      Credentials user,
      Function<Cluster, T> question,
      long until) {
    return looks.begin(
        config.clusterId(),
        what,
        () -> {
          try (Cluster cluster = clusters.lend(config.monitorList(), user)) {
            return question.apply(cluster);
          }
        },
        until);
  }

  /** The words for monitors without an answer. */
  public static String monitorsSilent(ClusterConfig config, Look<?> monitors) {
    return "the monitors of cluster %s (%s) are not answering since %s: see whether they run and can be reached from here"
        .formatted(config.clusterId(), config.monitorList(), monitors.silentSince());
  }
}
