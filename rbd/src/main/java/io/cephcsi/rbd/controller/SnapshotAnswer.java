package io.cephcsi.rbd.controller;

import com.google.protobuf.Timestamp;
import csi.v1.Snapshot;
import io.cephcsi.csi.VolumeId;
import java.time.Instant;

/** A snapshot as CSI tells it. */
final class SnapshotAnswer {
  private SnapshotAnswer() {}

  static Snapshot of(VolumeId id, String sourceId, SnapshotImages.Made made, boolean ready) {
    return Snapshot.newBuilder()
        .setSnapshotId(id.text())
        .setSourceVolumeId(sourceId)
        .setSizeBytes(made.sizeBytes())
        .setCreationTime(timestamp(made.cutAt()))
        .setReadyToUse(ready)
        .setGroupSnapshotId(made.entry().groupId())
        .build();
  }

  @SuppressWarnings("JavaInstantGetSecondsGetNano") // both parts are told
  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
