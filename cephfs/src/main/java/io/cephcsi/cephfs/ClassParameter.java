package io.cephcsi.cephfs;

import io.cephcsi.csi.Parameter;

/** What a StorageClass of CephFS may say. A volume's context has them too, for its nodes. */
public enum ClassParameter implements Parameter {
  CLUSTER_ID(Told.required("clusterID", "the cluster in config.json")),
  FS_NAME(Told.required("fsName", "the filesystem")),
  POOL(Told.of("pool", "the group's", "the data pool of the subvolumes")),
  NAME_PREFIX(
      Told.valued(
          "volumeNamePrefix", "csi-vol-", "what stands before the UUID in a subvolume's name")),
  BACKING_SNAPSHOT(
      Told.of(
          "backingSnapshot",
          "`true` for read-only",
          "whether a read-only volume of a snapshot shows it, in place of a copy")),
  MOUNTER(Told.of("mounter", "the first that works", "`kernel` or `fuse`")),
  TRY_OTHER_MOUNTERS(
      Told.valued(
          "tryOtherMounters", "false", "whether the other is taken where this one cannot be used")),
  KERNEL_MOUNT_OPTIONS(
      Told.of(
          "kernelMountOptions", "config.json's", "of the kernel's client, separated by commas")),
  FUSE_MOUNT_OPTIONS(Told.of("fuseMountOptions", "config.json's", "of ceph-fuse")),
  TOPOLOGY_POOLS(
      Told.of("topologyConstrainedPools", "none", "is refused where a volume asks for a topology")),
  ENCRYPTED(Told.valued("encrypted", "false", "`true` is refused"));

  private final Told told;

  ClassParameter(Told told) {
    this.told = told;
  }

  @Override
  public Told told() {
    return told;
  }
}
