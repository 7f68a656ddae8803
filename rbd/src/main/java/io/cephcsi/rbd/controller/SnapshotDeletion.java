package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.Stores;
import io.cephcsi.rbd.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Deletes a snapshot that was found, also one that volumes were restored from: its image goes to
 * the trash, and is purged when the last of them is gone or flat.
 */
record SnapshotDeletion(SnapshotJournal journal, Purger purger, NameLocks names) {
  /** Deletes it and closes it. */
  void delete(Snapshot opened) {
    try (Snapshot snapshot = opened;
        var _ = names.hold(CreateSnapshot.nameLock(snapshot.entry().requestName()))) {
      SnapshotEntry entry = snapshot.entry();
      Optional<String> imageId = trash(snapshot.pool(), entry);
      journal.forgetName(Stores.of(snapshot.pool()), entry);
      purger.purge(
          snapshot.opened(),
          new Purger.Discarded(
              journal.objectOf(entry.uuid()),
              entry.imageName(),
              imageId.map(List::of).orElse(List.of())));
      purger.resume(snapshot.opened());
    }
  }

  private Optional<String> trash(Pool pool, SnapshotEntry entry) {
    try (Image image = pool.openImage(entry.imageName())) {
      if (entry.imageId().isEmpty()) {
        // Known by the journal before the trash makes it hard to find.
        journal.storeImage(pool, entry.uuid(), image.id(), image.createdAt());
      }
      Cuts.remove(image, entry.imageName());
    } catch (CephException e) {
      requireMissing(e);
    }
    Optional<String> imageId =
        entry.imageId().isEmpty() ? pool.imageId(entry.imageName()) : Optional.of(entry.imageId());
    try {
      pool.trashMove(entry.imageName(), Duration.ZERO);
    } catch (CephException e) {
      requireMissing(e);
    }
    return imageId;
  }

  private static void requireMissing(CephException e) {
    if (e.errno() != Errno.ENOENT) {
      throw e;
    }
  }
}
