package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ImageState;
import io.cephcsi.ceph.Pool;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.util.Optional;

/** An image in the trash that nobody needs any more. */
record TrashedImage(OpenPool opened, String imageId, VolumeJournal volumes) {
  /**
   * An image with more objects than this, and no object map that tells which exist, is handed to
   * the manager, which goes on when this driver stops: its purge takes minutes.
   */
  private static final long MOST_OBJECTS = 16_384;

  private static final long OBJECT_BYTES = 4L << 20;
  private static final Duration MANAGER_PATIENCE = Duration.ofSeconds(5);

  /**
   * Removes it with its data, or lets the manager do so; one that is gone is fine.
   *
   * @throws CephException ENOTEMPTY when clones hang on it, EBUSY when somebody has it open
   */
  void purge() {
    Optional<ImageState> state = pool().imageState(imageId);
    if (state.isPresent() && state.get().snapshots() > 0) {
      requireNoneNeeded(); // librbd would find out later, and the manager tell nobody
    }
    if (state.isPresent() && large(state.get()) && handOver()) {
      return;
    }
    remove();
  }

  private Pool pool() {
    return opened.pool();
  }

  private static boolean large(ImageState state) {
    return state.sizeBytes() / OBJECT_BYTES > MOST_OBJECTS
        && !Feature.OBJECT_MAP.in(state.features());
  }

  /**
   * Removes the snapshot that a CSI snapshot is restored from, and what an interrupted copy of this
   * or another driver has left.
   */
  private void requireNoneNeeded() {
    try (Image image = pool().openImageById(imageId)) {
      forgetLeftovers(image);
      if (image.snapshots().stream().anyMatch(snapshot -> needed(image, snapshot))) {
        throw new CephException(Errno.ENOTEMPTY, "purge image " + imageId);
      }
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /**
   * A client that was killed behind the removal of the last clone has left the snapshot that the
   * clone had kept; it goes with the image.
   */
  private static boolean needed(Image image, ImageSnapshot snapshot) {
    if (snapshot.kind() != ImageSnapshot.Kind.TRASH) {
      return true;
    }
    image.show(snapshot.id());
    return !image.children().isEmpty();
  }

  /** Whether the manager took the task over; it keeps its tasks in the pool. */
  private boolean handOver() {
    String namespace = pool().namespace().isEmpty() ? "" : pool().namespace() + "/";
    String command =
        """
        {"prefix":"rbd task add trash remove","image_id_spec":"%s/%s%s","format":"json"}\
        """
            .formatted(pool().name(), namespace, imageId);
    try {
      var _ = opened.cluster().managerCommand(command, MANAGER_PATIENCE);
      return true;
    } catch (CephException e) {
      return false;
    }
  }

  private void forgetLeftovers(Image image) {
    image.snapshots().stream()
        .filter(this::isLeftover)
        .forEach(snapshot -> Cuts.remove(image, snapshot.name()));
  }

  /** Not one that somebody made by hand. */
  private boolean isLeftover(ImageSnapshot snapshot) {
    return snapshot.kind() == ImageSnapshot.Kind.USER
        && volumes.uuidOf(IntermediateImage.withoutSuffix(snapshot.name())).isPresent();
  }

  private void remove() {
    try {
      pool().trashRemove(imageId);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }
}
