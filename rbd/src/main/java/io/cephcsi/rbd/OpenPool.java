package io.cephcsi.rbd;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.Opened;

/**
 * A pool with the lent connection below it; closing it closes the pool, then gives back the
 * connection.
 */
public record OpenPool(ClusterConfig config, Credentials credentials, Cluster cluster, Pool pool)
    implements Opened {
  @Override
  public long location() {
    return pool.id();
  }
}
