package io.cephcsi.rbd.controller;

import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotResponse;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.rbd.GroupSnapshots;
import java.util.Optional;

/** Deletes a group of snapshots with its members, also those that volumes were restored from. */
record DeleteVolumeGroupSnapshot(GroupSnapshots groups, GroupDeletion deletion, NameLocks names)
    implements Call<DeleteVolumeGroupSnapshotRequest, DeleteVolumeGroupSnapshotResponse> {

  @Override
  public DeleteVolumeGroupSnapshotResponse answer(DeleteVolumeGroupSnapshotRequest request) {
    String id = RequiredField.text("group_snapshot_id", request.getGroupSnapshotId());
    Optional<VolumeId> decoded = VolumeId.of(id);
    if (decoded.isPresent()) {
      Credentials credentials = Secrets.credentials(request.getSecretsMap());
      try (var _ = names.hold(id)) {
        groups.open(decoded.get(), credentials).ifPresent(group -> delete(group, request));
      }
    }
    return DeleteVolumeGroupSnapshotResponse.getDefaultInstance();
  }

  private void delete(GroupSnapshots.Opened opened, DeleteVolumeGroupSnapshotRequest request) {
    try (var group = opened;
        var _ = names.hold(CreateVolumeGroupSnapshot.nameLock(group.entry().requestName()))) {
      group.requireMembers(request.getSnapshotIdsList());
      deletion.delete(group.opened(), group.entry());
    }
  }
}
