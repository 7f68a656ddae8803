package io.cephcsi.cephfs.controller;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Snapshot;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.SnapshotReferences;
import io.cephcsi.journal.VolumeEntry;

/** Read-only volumes that have no data of their own, but show a snapshot. */
final class ShownSnapshots {
  private final Snapshots snapshots;
  private final SnapshotReferences references;
  private final SnapshotDeletion deletion;

  ShownSnapshots(Snapshots snapshots, SnapshotReferences references, SnapshotDeletion deletion) {
    this.snapshots = snapshots;
    this.references = references;
    this.deletion = deletion;
  }

  /** Lets a volume show its snapshot. */
  MadeSubvolume show(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, boolean fresh) {
    String id = plan.source().orElseThrow().text();
    try (Snapshot snapshot = snapshots.require(id, plan.credentials())) {
      Clones.requirePlain(snapshot);
      requireSamePlace(opened, snapshot);
      long bytes = bytes(plan, entry, snapshot);
      if (fresh || !keeps(snapshot, entry)) {
        refer(snapshot, entry);
      }
      return new MadeSubvolume(
          entry, snapshot.subvolumes().directory(snapshot.source()) + "/", bytes);
    } catch (JournalConflict e) {
      throw told(e);
    }
  }

  private static long bytes(VolumePlan plan, VolumeEntry entry, Snapshot snapshot) {
    return entry
        .sizeBytes()
        .orElseGet(() -> plan.size().bytesForCopyOf(snapshot.entry().sizeBytes()));
  }

  private boolean keeps(Snapshot snapshot, VolumeEntry entry) {
    return references.keeps(
        snapshot.pool(), snapshot.id().text(), entry.imageName(), snapshot.entry().discarded());
  }

  /**
   * The reference is added first and the snapshot looked at afterwards, while its deletion notes
   * that it has begun before it looks at the references: of two controllers that do both, one sees
   * the other.
   */
  private void refer(Snapshot snapshot, VolumeEntry entry) {
    String id = snapshot.id().text();
    Clones.requireNotDiscarded(snapshot);
    references.add(snapshot.pool(), id, entry.imageName());
    try (Snapshot now = snapshots.require(id, snapshot.opened().credentials())) {
      Clones.requireNotDiscarded(now);
      if (now.subvolumes().snapshot(now.source(), now.name()).isEmpty()) {
        throw Snapshots.missing(id);
      }
    } catch (CsiException.NotFound e) {
      // The tracker may have been made just now, and must not stay for a snapshot that is gone.
      throw Undo.after(e, () -> references.removeSnapshot(snapshot.pool(), id));
    }
  }

  private static boolean inSamePlace(OpenFileSystem opened, Snapshot snapshot) {
    OpenFileSystem other = snapshot.opened();
    return opened.location() == other.location()
        && opened.cluster().fsid().equals(other.cluster().fsid())
        && opened.config().cephFs().equals(other.config().cephFs());
  }

  private static void requireSamePlace(OpenFileSystem opened, Snapshot snapshot) {
    if (!inSamePlace(opened, snapshot)) {
      throw new CsiException.InvalidArgument(
          "snapshot %s is in another filesystem, subvolume group or RADOS namespace than clusterID %s and fsName %s say: name its own, or set backingSnapshot to false"
              .formatted(
                  snapshot.id().text(), opened.config().clusterId(), opened.fileSystem().name()));
    }
  }

  /**
   * Takes back what {@link #show} did; with the last volume goes the snapshot, if it was deleted.
   * Safe to repeat.
   */
  void hide(OpenFileSystem opened, VolumeEntry entry) {
    String id = entry.backingSnapshotId();
    SnapshotReferences.Left left = removed(opened, id, entry);
    if (left != SnapshotReferences.Left.SOME) {
      boolean last = left == SnapshotReferences.Left.NONE;
      VolumeId.of(id)
          .flatMap(decoded -> snapshots.open(decoded, opened.credentials()))
          .ifPresent(snapshot -> finish(opened, snapshot, last));
    }
  }

  private SnapshotReferences.Left removed(OpenFileSystem opened, String id, VolumeEntry entry) {
    try {
      return references.removeVolume(
          opened.pool(), id, entry.imageName(), () -> noteDeleted(opened, id));
    } catch (JournalConflict e) {
      throw told(e);
    }
  }

  /**
   * ceph-csi notes only in the tracker that a snapshot was deleted; without this, a call that stops
   * when that is gone would leave a snapshot that nobody deletes any more.
   */
  private void noteDeleted(OpenFileSystem opened, String id) {
    VolumeId.of(id)
        .flatMap(decoded -> snapshots.open(decoded, opened.credentials()))
        .ifPresent(found -> {
          try (Snapshot snapshot = found) {
            if (inSamePlace(opened, snapshot) && !snapshot.entry().discarded()) {
              deletion.note(snapshot);
            }
          }
        });
  }

  /**
   * Finishes the deletion of a snapshot that no volume shows any more. One of another place was
   * never shown by a volume of this, and its references are there.
   *
   * @param last whether a reference was the last: the snapshot's own is gone, so it was deleted.
   *     Without a tracker it may never have been shown, and then its own note tells.
   */
  private void finish(OpenFileSystem opened, Snapshot found, boolean last) {
    try (Snapshot snapshot = found) {
      if (inSamePlace(opened, snapshot) && (last || snapshot.entry().discarded())) {
        deletion.finish(snapshot);
      }
    }
  }

  private static CsiException told(JournalConflict e) {
    return new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
  }
}
