package io.cephcsi.cephfs.controller;

import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteSnapshotResponse;
import io.cephcsi.cephfs.GroupSnapshots;
import io.cephcsi.cephfs.Snapshot;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeId;
import java.util.Optional;

/**
 * Deletes a snapshot, also when its volume is gone; but for a member of a group, which goes with
 * its group.
 */
record DeleteSnapshot(
    Snapshots snapshots, GroupSnapshots groups, SnapshotDeletion deletion, NameLocks names)
    implements Call<DeleteSnapshotRequest, DeleteSnapshotResponse> {

  @Override
  public DeleteSnapshotResponse answer(DeleteSnapshotRequest request) {
    String id = RequiredField.text("snapshot_id", request.getSnapshotId());
    Optional<VolumeId> decoded = VolumeId.of(id);
    if (decoded.isPresent()) {
      var credentials = Secrets.admin(request.getSecretsMap());
      try (var _ = names.hold(id)) {
        snapshots.open(decoded.get(), credentials).ifPresent(this::delete);
      }
    }
    return DeleteSnapshotResponse.getDefaultInstance();
  }

  private void delete(Snapshot opened) {
    try (Snapshot snapshot = opened) {
      requireNoGroup(snapshot);
      deletion.delete(snapshot);
    }
  }

  private void requireNoGroup(Snapshot snapshot) {
    String group = snapshot.entry().groupId();
    String id = snapshot.id().text();
    if (!group.isEmpty() && groups.hasMember(group, id, snapshot.opened().credentials())) {
      throw new CsiException.InvalidArgument(
          "snapshot %s is a member of group snapshot %s: delete that one".formatted(id, group));
    }
  }
}
