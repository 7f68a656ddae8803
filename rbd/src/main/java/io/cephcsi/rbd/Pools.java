package io.cephcsi.rbd;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import java.util.Optional;

/** Opens the pools of configured clusters. */
public final class Pools {
  private final ClusterConfigs configs;
  private final Clusters clusters;

  public Pools(ClusterConfigs configs, Clusters clusters) {
    this.configs = configs;
    this.clusters = clusters;
  }

  /**
   * Opens a pool by its name, in the RADOS namespace that config.json gives the cluster.
   *
   * @throws CsiException.InvalidArgument when the cluster is not configured or has no such pool
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  public OpenPool open(String clusterId, String pool, Credentials credentials) {
    ClusterConfig config = config(clusterId);
    Cluster cluster = lend(config, credentials);
    try {
      return new OpenPool(config, credentials, cluster, cluster.openPool(pool, config.namespace()));
    } catch (CephException e) {
      cluster.close();
      throw e.errno() == Errno.ENOENT ? noPool(clusterId, pool) : e;
    } catch (Throwable e) {
      cluster.close();
      throw e;
    }
  }

  private static CsiException noPool(String clusterId, String pool) {
    return new CsiException.InvalidArgument(
        "cluster %s has no pool %s: create it and run rbd pool init, or name another"
            .formatted(clusterId, pool));
  }

  /**
   * Opens a pool by its id; empty when the cluster has no pool of that id.
   *
   * @throws CsiException.InvalidArgument when the cluster is not configured
   */
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  public Optional<OpenPool> open(String clusterId, long poolId, Credentials credentials) {
    ClusterConfig config = config(clusterId);
    Cluster cluster = lend(config, credentials);
    try {
      Pool pool = cluster.openPool(poolId, config.namespace());
      return Optional.of(new OpenPool(config, credentials, cluster, pool));
    } catch (CephException e) {
      cluster.close();
      if (e.errno() == Errno.ENOENT) {
        return Optional.empty();
      }
      throw e;
    } catch (Throwable e) {
      cluster.close();
      throw e;
    }
  }

  /** Lends the connection to a configured cluster. */
  @MustBeClosed
  public Cluster lend(ClusterConfig config, Credentials credentials) {
    return clusters.lend(config.monitorList(), credentials);
  }

  /**
   * The configured cluster of that id.
   *
   * @throws CsiException.InvalidArgument when there is none, or it has no monitors
   */
  public ClusterConfig config(String clusterId) {
    ClusterConfig config =
        configs
            .find(clusterId)
            .orElseThrow(() ->
                new CsiException.InvalidArgument(
                    "clusterID %s is not in config.json: add it there or name another"
                        .formatted(clusterId)));
    if (config.monitors().isEmpty()) {
      throw new CsiException.InvalidArgument(
          "clusterID %s has no monitors in config.json".formatted(clusterId));
    }
    return config;
  }
}
