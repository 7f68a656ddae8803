package io.cephcsi.csi;

import csi.v1.Snapshot;
import csi.v1.VolumeGroupSnapshot;
import java.time.Instant;
import java.util.List;

/** A group of snapshots as CSI tells it. */
public final class GroupSnapshotAnswer {
  private GroupSnapshotAnswer() {}

  /** It is ready when all its members are. */
  public static VolumeGroupSnapshot of(String id, Instant moment, List<Snapshot> members) {
    return VolumeGroupSnapshot.newBuilder()
        .setGroupSnapshotId(id)
        .addAllSnapshots(members)
        .setCreationTime(SnapshotAnswer.timestamp(moment))
        .setReadyToUse(members.stream().allMatch(Snapshot::getReadyToUse))
        .build();
  }
}
