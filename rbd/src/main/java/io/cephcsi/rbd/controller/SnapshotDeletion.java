package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.Phase;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.rbd.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Deletes a snapshot that was found. Its image goes to the trash and is purged in the background,
 * with the snapshot that volumes are restored from: that one waits for the monitors, and as long as
 * volumes hang on it, for the last of them to go or be flat.
 */
record SnapshotDeletion(
    SnapshotJournal journal, Purger purger, CutOffWork cutOff, NameLocks names) {
  /** Deletes it and closes it. */
  void delete(Snapshot opened) {
    try (Snapshot snapshot = opened;
        var _ = names.hold(CreateSnapshot.nameLock(snapshot.entry().requestName()))) {
      discard(snapshot);
      cutOff.resume(snapshot.opened());
    }
  }

  private void discard(Snapshot snapshot) {
    SnapshotEntry entry = snapshot.entry();
    List<String> imageIds;
    try (var _ = Phase.IMAGE.begin()) {
      imageIds = trash(journal, snapshot.pool(), entry).stream().toList();
    }
    try (var _ = Phase.JOURNAL.begin()) {
      JournalPool.run(
          snapshot.opened(),
          entry.journalPool(),
          stores -> journal.discardName(stores, entry, imageIds));
    }
    purger.purge(
        snapshot.opened(),
        new Purger.Discarded(journal.purgeRecord(entry.uuid()), entry.imageName(), imageIds));
  }

  /**
   * Notes that the deletion has begun, and moves the image to the trash, or finds that it went
   * there before.
   *
   * @return its id; empty when no image was made, or only the trash tells it
   */
  static Optional<String> trash(SnapshotJournal journal, Pool pool, SnapshotEntry entry) {
    // By its name: an image that was replaced has another id than the journal knows.
    String id =
        pool.imageIds(List.of(entry.imageName())).getOrDefault(entry.imageName(), entry.imageId());
    if (entry.imageId().isEmpty()) {
      journal.discard(pool, entry.uuid());
    } else {
      journal.discard(pool, entry.uuid(), id);
    }
    try {
      pool.trashMove(entry.imageName(), Duration.ZERO);
    } catch (CephException e) {
      requireErrno(e, Errno.ENOENT);
    }
    return Optional.of(id).filter(known -> !known.isEmpty());
  }

  private static void requireErrno(CephException e, Integer... expected) {
    if (!List.of(expected).contains(e.errno())) {
      throw e;
    }
  }
}
