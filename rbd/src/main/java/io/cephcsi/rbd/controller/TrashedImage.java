package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.Pool;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.util.List;

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
    if (large()) {
      requireNoSnapshots(); // the manager would fail at them for ever, and tell nobody
      if (handOver()) {
        return;
      }
    }
    removeWithLeftovers();
  }

  private Pool pool() {
    return opened.pool();
  }

  private boolean large() {
    ImageHeader header = pool().imageHeader(imageId).orElse(new ImageHeader(0, 0));
    return header.sizeBytes() / OBJECT_BYTES > MOST_OBJECTS
        && !Feature.OBJECT_MAP.in(header.features());
  }

  private void requireNoSnapshots() {
    try (Image image = pool().openImageById(imageId)) {
      var _ = forgetLeftovers(image);
      if (!image.snapshots().isEmpty()) {
        throw new CephException(Errno.ENOTEMPTY, "hand image " + imageId + " to the manager");
      }
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
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

  /** An interrupted copy of this or another driver leaves a snapshot, which nobody needs now. */
  private void removeWithLeftovers() {
    try {
      remove();
    } catch (CephException e) {
      if (e.errno() != Errno.ENOTEMPTY || !forgetLeftovers()) {
        throw e;
      }
      remove();
    }
  }

  private boolean forgetLeftovers() {
    try (Image image = pool().openImageById(imageId)) {
      return forgetLeftovers(image);
    }
  }

  private boolean forgetLeftovers(Image image) {
    List<ImageSnapshot> leftovers = image.snapshots().stream().filter(this::isLeftover).toList();
    leftovers.forEach(snapshot -> Cuts.remove(image, snapshot.name()));
    return !leftovers.isEmpty();
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
