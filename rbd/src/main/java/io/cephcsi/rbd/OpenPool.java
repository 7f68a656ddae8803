package io.cephcsi.rbd;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.ClusterConfig;

/**
 * A pool with the lent connection below it; closing it closes the pool, then gives back the
 * connection.
 */
public record OpenPool(ClusterConfig config, Credentials credentials, Cluster cluster, Pool pool)
    implements AutoCloseable {
  @Override
  public void close() {
    try (cluster) {
      pool.close();
    }
  }
}
