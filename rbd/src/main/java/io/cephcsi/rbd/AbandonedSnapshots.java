package io.cephcsi.rbd;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.SnapshotHeader;
import java.util.List;

/**
 * Snapshots that have lost their names to a removal which was cut off, and that no clone keeps. No
 * removal by name finds them, so that on an image that lives on they would hold the space of all
 * that is overwritten.
 */
public final class AbandonedSnapshots {
  private AbandonedSnapshots() {}

  /**
   * Removes those of an image that is open for writing; one operation when clones keep them all.
   */
  public static void remove(Pool pool, Image image) {
    List<Long> nameless =
        image.snapshots().stream()
            .filter(s -> s.kind() == ImageSnapshot.Kind.TRASH)
            .map(ImageSnapshot::id)
            .toList();
    pool.snapshotHeaders(image.id(), nameless).stream()
        .filter(s -> isOf(pool, s))
        .forEach(s -> remove(image, s.snapshot().id()));
  }

  /**
   * Whether it is one. The copy that was cut from it bears its name; a flattening that was cut off
   * may have left it with a parent that does not know it any more.
   */
  public static boolean isOf(Pool pool, SnapshotHeader header) {
    ImageSnapshot snapshot = header.snapshot();
    return header.abandoned()
        && pool.imageId(snapshot.name())
            .flatMap(pool::imageParent)
            .filter(parent -> parent.snapshotId() == snapshot.id())
            .isEmpty();
  }

  private static void remove(Image image, long snapshotId) {
    try {
      image.removeSnapshot(snapshotId);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) { // another process was faster
        throw e;
      }
    }
  }
}
