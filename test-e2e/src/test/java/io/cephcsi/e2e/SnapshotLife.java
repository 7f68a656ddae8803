package io.cephcsi.e2e;

import csi.v1.CreateSnapshotRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.Snapshot;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;

/** A snapshot of a volume, cut and deleted; each can be repeated. */
final class SnapshotLife {
  private final VolumeLife of;
  private final String name;
  private Snapshot snapshot = Snapshot.getDefaultInstance();

  SnapshotLife(VolumeLife of, String name) {
    this.of = of;
    this.name = name;
  }

  VolumeLife.Step cut() {
    return new VolumeLife.Step("CreateSnapshot", this::cut);
  }

  VolumeLife.Step delete() {
    return new VolumeLife.Step("DeleteSnapshot", this::delete);
  }

  /** The source of a volume that is restored from it or shows it. */
  VolumeContentSource source() {
    return VolumeContentSource.newBuilder()
        .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(snapshot.getSnapshotId()))
        .build();
  }

  private String cut(CsiClient client) {
    snapshot =
        client
            .controller()
            .createSnapshot(
                CreateSnapshotRequest.newBuilder()
                    .setName(name)
                    .setSourceVolumeId(of.volume().getVolumeId())
                    .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                    .putAllSecrets(of.secrets())
                    .build())
            .getSnapshot();
    return snapshot.getSnapshotId();
  }

  private String delete(CsiClient client) {
    var _ =
        client
            .controller()
            .deleteSnapshot(
                DeleteSnapshotRequest.newBuilder()
                    .setSnapshotId(snapshot.getSnapshotId())
                    .putAllSecrets(of.secrets())
                    .build());
    return "";
  }
}
