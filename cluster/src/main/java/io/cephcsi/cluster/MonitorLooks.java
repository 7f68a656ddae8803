package io.cephcsi.cluster;

import static io.cephcsi.cluster.HealthProblem.degraded;
import static io.cephcsi.cluster.HealthProblem.inaccessible;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Credentials;
import java.util.function.Function;

/** Looks at what the monitors of clusters say, which may not answer. */
public record MonitorLooks(Looks looks, Lender lender) {
  /** Lends connections. */
  public interface Lender {
    Cluster lend(ClusterConfig config, Credentials credentials);
  }

  /** Begins to ask a cluster's monitors for its health. */
  public Look<ClusterHealth> begin(ClusterConfig config, Credentials credentials, long until) {
    return begin(config, credentials, until, "monitors", ClusterHealth::of);
  }

  /**
   * As the other one, for another question.
   *
   * @param what the question's name
   */
  public <T> Look<T> begin(
      ClusterConfig config,
      Credentials credentials,
      long until,
      String what,
      Function<Cluster, T> question) {
    return looks.begin(
        config.clusterId(),
        what + " as " + credentials,
        () -> {
          try (Cluster cluster = lender.lend(config, credentials)) {
            return question.apply(cluster);
          }
        },
        until);
  }

  /** The words for monitors without an answer. */
  public static String silent(ClusterConfig config, Look<?> monitors) {
    return "the monitors of cluster %s (%s) are not answering since %s: see whether they run and can be reached from here"
        .formatted(config.clusterId(), config.monitorList(), monitors.silentSince());
  }

  /**
   * The problem that they are to a volume.
   *
   * @param othersAnswer whether the rest of the cluster answers
   */
  public static HealthProblem problem(
      ClusterConfig config, Look<?> monitors, boolean othersAnswer) {
    String message = silent(config, monitors);
    return othersAnswer
        ? degraded("MonitorsNotAnswering", message)
        : inaccessible("MonitorsNotAnswering", message);
  }
}
