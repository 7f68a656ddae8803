package io.cephcsi.cephfs;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.MemoryCluster;
import org.junit.jupiter.api.BeforeEach;

/** The manager in memory does what a real one does. */
final class MemorySubvolumesTest extends SubvolumesContract {
  private final MemoryCluster cluster = new MemoryCluster();
  private final MemoryVolumes volumes = new MemoryVolumes(cluster);

  @Override
  Cluster cluster() {
    return cluster;
  }

  @BeforeEach
  void beNew() {
    volumes.setVersion("20.2.4");
  }

  @Override
  boolean quiesces() {
    return true;
  }

  @Override
  void makeClonesSlow() {
    volumes.clonesTake(1000);
  }
}
