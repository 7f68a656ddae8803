package io.cephcsi.csi;

import com.google.protobuf.Timestamp;
import csi.v1.Snapshot;
import java.time.Instant;

/** A snapshot as CSI tells it. */
public final class SnapshotAnswer {
  private SnapshotAnswer() {}

  /** One that is ready and in no group. */
  public static Snapshot.Builder of(VolumeId id, String sourceId, long sizeBytes, Instant cutAt) {
    return Snapshot.newBuilder()
        .setSnapshotId(id.text())
        .setSourceVolumeId(sourceId)
        .setSizeBytes(sizeBytes)
        .setCreationTime(timestamp(cutAt))
        .setReadyToUse(true);
  }

  @SuppressWarnings("JavaInstantGetSecondsGetNano") // both parts are told
  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
