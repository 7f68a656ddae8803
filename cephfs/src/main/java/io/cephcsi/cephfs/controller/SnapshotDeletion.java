package io.cephcsi.cephfs.controller;

import io.cephcsi.cephfs.Snapshot;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.Undo;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReferences;
import io.cephcsi.journal.SnapshotReferences.Left;
import io.cephcsi.journal.Stores;

/**
 * Deletes a snapshot that was found. One that volumes show stays until the last of them is gone,
 * but its name is free at once.
 */
record SnapshotDeletion(SnapshotJournal journal, SnapshotReferences references, NameLocks names) {
  /** Deletes it. */
  void delete(Snapshot snapshot) {
    try (var _ = names.hold(CreateSnapshot.nameLock(snapshot.entry().requestName()))) {
      // Before the references are looked at: who adds one afterwards finds this.
      note(snapshot);
      if (left(snapshot) == Left.SOME) {
        journal.forgetName(Stores.of(snapshot.pool()), snapshot.entry());
      } else {
        finishOrKeep(snapshot);
      }
    }
  }

  /** Notes that it has begun. */
  void note(Snapshot snapshot) {
    journal.discard(snapshot.pool(), snapshot.entry().uuid());
  }

  private void finishOrKeep(Snapshot snapshot) {
    try {
      finish(snapshot);
    } catch (CsiException.FailedPrecondition e) {
      throw Undo.after(e, () -> journal.keep(snapshot.pool(), snapshot.entry().uuid()));
    }
  }

  private Left left(Snapshot snapshot) {
    try {
      return references.removeSnapshot(snapshot.pool(), snapshot.id().text());
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  /** Removes what is left when nothing needs it any more. */
  void finish(Snapshot snapshot) {
    if (!snapshot.subvolumes().removeSnapshot(snapshot.source(), snapshot.name())) {
      OtherGroups.requireNone(
          snapshot.opened(),
          "snapshot " + snapshot.id().text(),
          other -> other.snapshot(snapshot.source(), snapshot.name()).isPresent());
    }
    journal.undo(Stores.of(snapshot.pool()), snapshot.entry());
  }
}
