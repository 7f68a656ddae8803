package io.cephcsi.cephfs;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.Opened;

/**
 * A filesystem with the lent connection below it; closing it closes the pool, then gives back the
 * connection.
 *
 * @param pool the metadata pool, in the namespace of the journals
 */
public record OpenFileSystem(
    ClusterConfig config,
    Credentials credentials,
    Cluster cluster,
    FileSystem fileSystem,
    Pool pool,
    Subvolumes subvolumes)
    implements Opened {
  @Override
  public long location() {
    return fileSystem.id();
  }
}
