package io.cephcsi.cluster;

import io.cephcsi.csi.Parameter;

/** What a VolumeSnapshotClass or VolumeGroupSnapshotClass may say, of either driver. */
public enum SnapshotClassParameter implements Parameter {
  CLUSTER_ID(Told.required("clusterID", "the volumes' cluster")),
  FS_NAME(Told.required("fsName", "groups of CephFS: the filesystem with the volumes")),
  POOL(
      Told.of(
          "pool",
          "the first volume's",
          "groups of RBD: where the group is kept; a snapshot stays in its volume's pool")),
  SNAPSHOT_NAME_PREFIX(
      Told.valued(
          "snapshotNamePrefix", "csi-snap-", "what stands before the UUID in a snapshot's name")),
  GROUP_NAME_PREFIX(Told.valued("volumeGroupNamePrefix", "csi-vol-group-", "the same of a group"));

  private final Told told;

  SnapshotClassParameter(Told told) {
    this.told = told;
  }

  @Override
  public Told told() {
    return told;
  }
}
