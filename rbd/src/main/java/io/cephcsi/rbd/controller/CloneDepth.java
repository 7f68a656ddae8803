package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import java.util.Optional;

/** Counts an image's ancestors, also those in the trash, by one operation each. */
final class CloneDepth {
  /** The kernel maps no deeper chain. */
  private static final int DEEPEST = 16;

  private CloneDepth() {}

  /**
   * @param pool the image's
   */
  static int of(Cluster cluster, Pool pool, String imageId) {
    Optional<ParentLink> parent = pool.imageParent(imageId);
    for (int depth = 0; ; depth++) {
      if (parent.isEmpty() || depth == DEEPEST) {
        return depth;
      }
      parent = parentOf(cluster, parent.get());
    }
  }

  private static Optional<ParentLink> parentOf(Cluster cluster, ParentLink image) {
    try (Pool pool = cluster.openPool(image.poolId(), image.namespace())) {
      return pool.snapshotParent(image.imageId(), image.snapshotId());
    }
  }
}
