package io.cephcsi.rbd;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import java.util.Optional;

/**
 * The RBD snapshot on a snapshot's image that restores are cloned from; both have one name, as in
 * ceph-csi. It costs a monitors' commit, so nobody waits for it but a restore that comes at once.
 */
public final class OwnSnapshot {
  /** A snapshot of an image with no others is an entry in its header, and nothing besides. */
  private static final long PLAIN =
      Feature.LAYERING.bit() | Feature.DEEP_FLATTEN.bit() | Feature.OPERATIONS.bit();

  private OwnSnapshot() {}

  /**
   * Makes it, unless it is there.
   *
   * @throws CephException ENOENT when there is no such image
   */
  public static void ensure(Pool pool, String image) {
    Optional<String> id = pool.imageId(image);
    Optional<ImageHeader> header = id.flatMap(pool::imageHeader);
    if (header.isPresent() && (header.get().features() & ~PLAIN) == 0) {
      unlessThere(() -> pool.addSnapshot(id.orElseThrow(), image));
      return;
    }
    try (Image open = pool.openImage(image)) { // as ceph-csi may have made it
      unlessThere(() -> open.createSnapshot(image));
    }
  }

  private static void unlessThere(Runnable make) {
    try {
      make.run();
    } catch (CephException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
  }
}
