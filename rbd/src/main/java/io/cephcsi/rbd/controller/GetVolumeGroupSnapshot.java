package io.cephcsi.rbd.controller;

import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotResponse;
import csi.v1.Snapshot;
import csi.v1.VolumeGroupSnapshot;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.GroupSnapshotAnswer;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.rbd.GroupSnapshots;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/** Tells of one group of snapshots; one that is just being made or deleted is not there. */
record GetVolumeGroupSnapshot(GroupSnapshots groups, KnownSnapshots known, KnownUsers users)
    implements Call<GetVolumeGroupSnapshotRequest, GetVolumeGroupSnapshotResponse> {

  @Override
  public GetVolumeGroupSnapshotResponse answer(GetVolumeGroupSnapshotRequest request) {
    String text = RequiredField.text("group_snapshot_id", request.getGroupSnapshotId());
    VolumeId id = VolumeId.of(text).orElseThrow(() -> GroupSnapshots.missing(text));
    Credentials credentials =
        request.getSecretsMap().isEmpty()
            ? users.of(id.clusterId())
            : Secrets.credentials(request.getSecretsMap());
    try (var group = groups.open(id, credentials).orElseThrow(() -> GroupSnapshots.missing(text))) {
      group.requireMembers(request.getSnapshotIdsList());
      return GetVolumeGroupSnapshotResponse.newBuilder()
          .setGroupSnapshot(told(group, request))
          .build();
    }
  }

  private VolumeGroupSnapshot told(
      GroupSnapshots.Opened group, GetVolumeGroupSnapshotRequest request) {
    List<Snapshot> members =
        group.entry().members().keySet().stream()
            .sorted()
            .flatMap(member -> known.find(member, request.getSecretsMap()).stream())
            .toList();
    if (members.isEmpty() || members.size() < group.entry().members().size()) {
      throw GroupSnapshots.missing(group.id().text());
    }
    Instant moment = Objects.requireNonNullElse(group.entry().creationTime(), Instant.EPOCH);
    return GroupSnapshotAnswer.of(group.id().text(), moment, members);
  }
}
