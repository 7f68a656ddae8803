package io.cephcsi.cephfs;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.MemoryCluster;

/** The manager in memory does what a real one does. */
final class MemorySubvolumesTest extends SubvolumesContract {
  private final MemoryCluster cluster = new MemoryCluster();
  private final MemoryVolumes volumes = new MemoryVolumes(cluster);

  @Override
  Cluster cluster() {
    return cluster;
  }

  @Override
  void makeClonesSlow() {
    volumes.clonesTake(1000);
  }
}
