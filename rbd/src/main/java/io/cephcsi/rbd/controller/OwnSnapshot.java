package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;

/**
 * The RBD snapshot on a snapshot's image that restores are cloned from; both have one name, as in
 * ceph-csi. It costs a monitors' commit, so nobody waits for it but a restore that comes at once.
 */
final class OwnSnapshot {
  private OwnSnapshot() {}

  /**
   * Makes it, unless it is there.
   *
   * @throws io.cephcsi.ceph.CephException ENOENT when there is no such image
   */
  static void ensure(Pool pool, String image) {
    try (Image open = pool.openImage(image)) {
      Cuts.create(open, image);
    }
  }
}
