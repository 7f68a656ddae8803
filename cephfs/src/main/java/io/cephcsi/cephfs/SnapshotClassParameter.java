package io.cephcsi.cephfs;

import io.cephcsi.csi.Parameter;

/** What a VolumeSnapshotClass or VolumeGroupSnapshotClass of CephFS may say. */
public enum SnapshotClassParameter implements Parameter {
  CLUSTER_ID(Told.required("clusterID", "the volumes' cluster")),
  FS_NAME(Told.of("fsName", "required for groups", "the filesystem with the volumes")),
  SNAPSHOT_NAME_PREFIX(
      Told.valued(
          "snapshotNamePrefix", "csi-snap-", "what stands before the UUID in a snapshot's name")),
  GROUP_NAME_PREFIX(Told.valued("volumeGroupNamePrefix", "csi-vol-group-", "the same of a group"));

  @SuppressWarnings("ImmutableEnumChecker") // a record of texts
  private final Told told;

  SnapshotClassParameter(Told told) {
    this.told = told;
  }

  @Override
  public Told told() {
    return told;
  }
}
