package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ImageState;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.SnapshotHeader;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.AbandonedSnapshots;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.util.List;
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
   * @return what it was a clone of
   * @throws CephException ENOTEMPTY when clones hang on it, EBUSY when somebody has it open
   */
  Optional<ParentLink> purge() {
    Optional<ImageState> found = pool().imageState(imageId);
    found.ifPresent(
        this::requireNoneNeeded); // librbd finds out later, and the manager tells nobody
    if (found.filter(TrashedImage::large).isEmpty() || !handOver()) {
      remove();
    }
    return found.flatMap(state -> Optional.ofNullable(state.parent()));
  }

  private Pool pool() {
    return opened.pool();
  }

  private static boolean large(ImageState state) {
    return state.sizeBytes() / OBJECT_BYTES > MOST_OBJECTS
        && !Feature.OBJECT_MAP.in(state.features());
  }

  /**
   * Lets go the snapshot that a CSI snapshot is restored from, and what an interrupted copy of this
   * or another driver has left. It goes with the image: to remove it before, the image would have
   * to be opened, and its parents with it.
   */
  private void requireNoneNeeded(ImageState state) {
    List<SnapshotHeader> snapshots = pool().snapshotHeaders(imageId, state.snapshots());
    snapshots.stream().filter(this::isLeftover).forEach(s -> takeName(s.snapshot().id()));
    boolean needed =
        snapshots.stream().anyMatch(s -> s.clones() > 0 || !(isAbandoned(s) || isLeftover(s)));
    if (needed) {
      throw new CephException(Errno.ENOTEMPTY, "purge image " + imageId);
    }
  }

  /** A copy whose flattening was cut off hangs on it still, until that is done once more. */
  private boolean isAbandoned(SnapshotHeader header) {
    return AbandonedSnapshots.isOf(pool(), header);
  }

  /** Not one that somebody made by hand. */
  private boolean isLeftover(SnapshotHeader header) {
    ImageSnapshot snapshot = header.snapshot();
    return snapshot.kind() == ImageSnapshot.Kind.USER
        && volumes.uuidOf(IntermediateImage.withoutSuffix(snapshot.name())).isPresent();
  }

  private void takeName(long snapshotId) {
    try {
      pool().takeSnapshotName(imageId, snapshotId);
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
