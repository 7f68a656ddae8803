package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import io.cephcsi.journal.Makers;

/**
 * An image that this call makes for a reservation; another process may take it over meanwhile.
 *
 * @param maker by which the journal knows this call; empty for the one that made the reservation
 */
record Making(Makers makers, String uuid, String imageName, String maker) {
  /** By the call that made the reservation. */
  static Making begun(Makers makers, String uuid, String imageName) {
    return new Making(makers, uuid, imageName, "");
  }

  /**
   * By a call that found a reservation without image.
   *
   * @throws CsiException.Aborted when another one has just done something with it
   */
  static Making takenOver(Makers makers, Pool pool, String uuid, String imageName) {
    return makers
        .takeOver(pool, uuid)
        .map(maker -> new Making(makers, uuid, imageName, maker))
        .orElseThrow(() -> elsewhere(imageName));
  }

  /**
   * Whether nothing of it was there before this call: then nothing stays after a failure; else a
   * call that comes later may still go on with it.
   */
  boolean fresh() {
    return maker.isEmpty();
  }

  /** Refuses to go on when another process has taken over. */
  void requireOurs(Pool pool) {
    if (!makers.makes(pool, uuid, maker)) {
      throw elsewhere(imageName);
    }
  }

  /** The id of the image, just made. */
  String imageId(Pool pool) {
    return pool.imageId(imageName)
        .orElseThrow(() -> new CephException(Errno.ENOENT, "find image " + imageName));
  }

  /**
   * Takes it back after a failure; trouble with that is added to the failure.
   *
   * @return false when another process has taken over: then nothing is taken back
   */
  boolean undo(Pool pool, RuntimeException failure, Runnable work) {
    try {
      if (!makers.giveUp(pool, uuid, maker)) {
        return false;
      }
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
      return true;
    }
    var _ = Undo.after(failure, work);
    return true;
  }

  /** The refusal when another process is at it. */
  static CsiException.Aborted elsewhere(String imageName) {
    return new CsiException.Aborted(
        "image %s is being made by another process just now, ask again".formatted(imageName));
  }
}
