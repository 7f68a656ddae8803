package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.rbd.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Deletes a snapshot that was found. Its image, which has no data of its own, goes at once; one
 * that volumes hang on goes to the trash, and is purged when the last of them is gone or flat.
 */
record SnapshotDeletion(
    SnapshotJournal journal, Purger purger, CutOffWork cutOff, NameLocks names) {
  /** Deletes it and closes it. */
  void delete(Snapshot opened) {
    try (Snapshot snapshot = opened;
        var _ = names.hold(CreateSnapshot.nameLock(snapshot.entry().requestName()))) {
      Optional<ParentLink> parent = removeOwnSnapshot(snapshot);
      if (parent.isPresent() && removed(snapshot)) {
        forgetName(snapshot);
        journal.forgetObject(snapshot.pool(), snapshot.entry().uuid());
        purger.cloneIsGone(snapshot.opened(), parent.get());
      } else {
        discard(snapshot);
      }
      cutOff.resume(snapshot.opened());
    }
  }

  /**
   * Removes the snapshot that volumes are restored from.
   *
   * @return the image's parent, when it has no data of its own and no clones: then it can go at
   *     once
   */
  private static Optional<ParentLink> removeOwnSnapshot(Snapshot snapshot) {
    String name = snapshot.entry().imageName();
    try (Image image = snapshot.pool().openImage(name)) {
      Cuts.remove(image, name);
      return image.snapshots().isEmpty() ? image.parentLink() : Optional.empty();
    } catch (CephException e) {
      requireErrno(e, Errno.ENOENT);
      return Optional.empty();
    }
  }

  /** Whether the image is gone; a volume that is restored just now keeps it. */
  private static boolean removed(Snapshot snapshot) {
    try {
      snapshot.pool().removeImage(snapshot.entry().imageName());
      return true;
    } catch (CephException e) {
      requireErrno(e, Errno.EBUSY, Errno.ENOTEMPTY, Errno.ENOENT);
      return e.errno() == Errno.ENOENT;
    }
  }

  private void forgetName(Snapshot snapshot) {
    JournalPool.run(
        snapshot.opened(),
        snapshot.entry().journalPool(),
        stores -> journal.forgetName(stores, snapshot.entry()));
  }

  /** By way of the trash, where it waits until the last clone is gone. */
  private void discard(Snapshot snapshot) {
    SnapshotEntry entry = snapshot.entry();
    List<String> imageIds = trash(snapshot.pool(), entry).stream().toList();
    JournalPool.run(
        snapshot.opened(),
        entry.journalPool(),
        stores -> journal.discardName(stores, entry, imageIds));
    purger.purge(
        snapshot.opened(),
        new Purger.Discarded(journal.purgeRecord(entry.uuid()), entry.imageName(), imageIds));
  }

  private Optional<String> trash(Pool pool, SnapshotEntry entry) {
    journal.discard(pool, entry.uuid());
    Optional<String> imageId =
        entry.imageId().isEmpty() ? pool.imageId(entry.imageName()) : Optional.of(entry.imageId());
    try {
      pool.trashMove(entry.imageName(), Duration.ZERO);
    } catch (CephException e) {
      requireErrno(e, Errno.ENOENT);
    }
    return imageId;
  }

  private static void requireErrno(CephException e, Integer... expected) {
    if (!List.of(expected).contains(e.errno())) {
      throw e;
    }
  }
}
