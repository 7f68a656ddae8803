package io.cephcsi.rbd.controller;

import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteSnapshotResponse;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.rbd.Secrets;
import io.cephcsi.rbd.Snapshot;
import io.cephcsi.rbd.Snapshots;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Deletes a snapshot, also one that volumes were restored from: its image goes to the trash, and is
 * purged when the last of them is gone or flat.
 */
record DeleteSnapshot(Snapshots snapshots, SnapshotJournal journal, Purger purger, NameLocks names)
    implements Call<DeleteSnapshotRequest, DeleteSnapshotResponse> {

  @Override
  public DeleteSnapshotResponse answer(DeleteSnapshotRequest request) {
    if (request.getSnapshotId().isEmpty()) {
      throw new CsiException.InvalidArgument("snapshot_id is missing");
    }
    Optional<VolumeId> id = VolumeId.of(request.getSnapshotId());
    if (id.isPresent()) {
      Credentials credentials = Secrets.credentials(request.getSecretsMap());
      try (var _ = names.hold(request.getSnapshotId())) {
        snapshots.open(id.get(), credentials).ifPresent(this::delete);
      }
    }
    return DeleteSnapshotResponse.getDefaultInstance();
  }

  private void delete(Snapshot opened) {
    try (Snapshot snapshot = opened;
        var _ = names.hold(CreateSnapshot.nameLock(snapshot.entry().requestName()))) {
      SnapshotEntry entry = snapshot.entry();
      Optional<String> imageId = trash(snapshot.pool(), entry);
      JournalPool.run(
          snapshot.opened(), entry.journalPool(), stores -> journal.forgetName(stores, entry));
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
    journal.discard(pool, entry.uuid());
    try (Image image = pool.openImage(entry.imageName())) {
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
