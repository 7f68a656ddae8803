package io.cephcsi.rbd.controller;

import csi.v1.GetSnapshotRequest;
import csi.v1.GetSnapshotResponse;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.rbd.Snapshots;

/** Tells of one snapshot. */
record GetSnapshot(KnownSnapshots known) implements Call<GetSnapshotRequest, GetSnapshotResponse> {

  @Override
  public GetSnapshotResponse answer(GetSnapshotRequest request) {
    String id = RequiredField.text("snapshot_id", request.getSnapshotId());
    return GetSnapshotResponse.newBuilder()
        .setSnapshot(
            known.find(id, request.getSecretsMap()).orElseThrow(() -> Snapshots.missing(id)))
        .build();
  }
}
