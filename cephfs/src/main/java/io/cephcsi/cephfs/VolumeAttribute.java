package io.cephcsi.cephfs;

import io.cephcsi.csi.Parameter;

/** What the context of a CephFS volume tells beside the parameters of its class. */
public enum VolumeAttribute implements Parameter {
  STATIC(Told.of("staticVolume", "`\"true\"`: the volume was made by hand")),
  ROOT_PATH(Told.of("rootPath", "the directory to mount")),
  BACKING_SNAPSHOT_ID(Told.of("backingSnapshotID", "the snapshot that the volume shows")),
  MONITORS(
      Told.of(
          "monitors", "without `clusterID`: the cluster's monitors, also as a key of the Secret")),
  PROVISIONED(
      Told.of(
          "provisionVolume",
          "with `monitors`: `\"true\"` for `/csi-volumes/<volumeHandle>`, `\"false\"` for `rootPath`")),
  SUBVOLUME_NAME(Told.of("subvolumeName", "set by CreateVolume, for people: the subvolume")),
  SUBVOLUME_PATH(
      Told.of(
          "subvolumePath",
          "set by CreateVolume: the subvolume's path; staging then asks no manager")),
  SUBVOLUME_GROUP(
      Told.of("subvolumeGroup", "the subvolume's group, where it is another than config.json's"));

  private final Told told;

  VolumeAttribute(Told told) {
    this.told = told;
  }

  @Override
  public Told told() {
    return told;
  }
}
