package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.FlatteningClient;
import io.cephcsi.rbd.ImageWatchers;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Moves the image of a volume that is deleted to the trash, unless somebody uses it. */
record VolumeTrash(OpenPool opened, VolumeEntry entry, VolumeJournal journal) {
  /**
   * Moves the image to the trash, and the one that ceph-csi may have beside it, or finds that they
   * went there before.
   *
   * @return their ids, in the order of purging; none when no image was made, or only the trash
   *     tells its id
   */
  List<String> moveAll() {
    Pool pool = opened.pool();
    String image = entry.imageName();
    String intermediate = IntermediateImage.of(image);
    // By its name: an image that was replaced has another id than the journal knows.
    Map<String, String> there = pool.imageIds(List.of(image, intermediate));
    String id = there.getOrDefault(image, entry.imageId());
    List<String> ids = new ArrayList<>();
    if (id.isEmpty()) {
      journal.discard(pool, entry.uuid());
    } else {
      move(id);
      ids.add(id);
    }
    if (there.containsKey(intermediate)) {
      pool.trashMove(intermediate, Duration.ZERO);
      ids.add(there.get(intermediate));
    } else if (!there.containsKey(image)) {
      ids.addAll(Purger.inTrash(pool, intermediate)); // a call before this one was cut off
    }
    return ids;
  }

  private void move(String imageId) {
    Pool pool = opened.pool();
    String uuid = entry.uuid();
    requireUnused(imageId);
    if (entry.imageId().isEmpty()) {
      journal.discard(pool, uuid);
    } else {
      journal.discard(pool, uuid, imageId);
    }
    move(imageId, () -> journal.restore(pool, uuid));
  }

  /**
   * Ceph moves an image that is open, too. So once more: whoever came between the look and the move
   * keeps the image, and the deletion is taken back.
   */
  void move(String imageId, Runnable takeBack) {
    Pool pool = opened.pool();
    String image = entry.imageName();
    try (var _ = Phase.IMAGE.begin()) {
      pool.trashMove(image, Duration.ZERO);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        takeBack.run();
        throw refused(imageId, e);
      }
      return; // a call before this one did it
    }
    try {
      requireUnused(imageId);
    } catch (CsiException.FailedPrecondition e) {
      pool.trashRestore(imageId, image);
      takeBack.run();
      throw e;
    }
  }

  private RuntimeException refused(String imageId, CephException e) {
    try (Image image = opened.pool().openImageByIdReadOnly(imageId)) {
      return image.secondary()
          ? new CsiException.FailedPrecondition(
              "image %s/%s is mirrored here from another cluster: delete it there, or promote it here first (rbd mirror image promote)"
                  .formatted(opened.pool().name(), entry.imageName()))
          : e;
    } catch (CephException failure) {
      e.addSuppressed(failure);
      return e;
    }
  }

  /**
   * Refuses to delete what a client has open.
   *
   * @throws CsiException.FailedPrecondition when one has
   */
  void requireUnused(String imageId) {
    Pool pool = opened.pool();
    if (!watched(pool, imageId)) {
      return;
    }
    // This driver itself has it open while it removes or flattens a clone of it; another one may
    // flatten it.
    var watchers =
        ImageWatchers.ofId(opened, imageId)
            .without(opened.cluster())
            .withoutClient(FlatteningClient.of(pool, imageId));
    if (watchers.moreThan(0)) {
      throw new CsiException.FailedPrecondition(
          "image %s/%s is in use by %s: unstage the volume there first"
              .formatted(pool.name(), entry.imageName(), watchers.addresses()));
    }
  }

  private static boolean watched(Pool pool, String imageId) {
    try {
      return pool.imageWatched(imageId);
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return false;
      }
      throw e;
    }
  }
}
