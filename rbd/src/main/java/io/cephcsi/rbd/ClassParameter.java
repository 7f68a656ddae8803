package io.cephcsi.rbd;

import io.cephcsi.csi.Parameter;

/** What a StorageClass of RBD may say. A volume's context has them too, for its nodes. */
public enum ClassParameter implements Parameter {
  CLUSTER_ID(Told.required("clusterID", "the cluster in config.json")),
  POOL(Told.required("pool", "where images are made; not needed with `topologyConstrainedPools`")),
  DATA_POOL(
      Told.of(
          "dataPool",
          "none",
          "where the data of the images goes, of an erasure coded pool for instance")),
  TOPOLOGY_POOLS(
      Told.of(
          "topologyConstrainedPools",
          "none",
          "pools by where they are, as JSON; with `--domainlabels` on the nodes")),
  NAME_PREFIX(
      Told.valued(
          "volumeNamePrefix", "csi-vol-", "what stands before the UUID in an image's name")),
  IMAGE_FEATURES(
      Told.of(
          "imageFeatures",
          "librbd's",
          "`layering`, `exclusive-lock`, `object-map`, `fast-diff`, `deep-flatten`, `journaling`, separated by commas")),
  STRIPE_UNIT(
      Told.of(
          "stripeUnit",
          "none",
          "how many bytes go to an object at a time; together with `stripeCount`")),
  STRIPE_COUNT(
      Told.of("stripeCount", "none", "over how many objects they go; together with `stripeUnit`")),
  OBJECT_SIZE(Told.of("objectSize", "4 MiB", "of an image's objects, in bytes, a power of two")),
  MKFS_OPTIONS(Told.of("mkfsOptions", "the driver's", "options of mkfs, in place of them")),
  MAP_OPTIONS(Told.of("mapOptions", "none", "`krbd:OPTIONS;nbd:OPTIONS`, or those of krbd alone")),
  UNMAP_OPTIONS(Told.of("unmapOptions", "none", "as `mapOptions`")),
  MOUNTER(Told.of("mounter", "`--default-mounter`", "`rbd`, `rbd-nbd` or `userspace`")),
  TRY_OTHER_MOUNTERS(
      Told.valued(
          "tryOtherMounters",
          "false",
          "whether another mounter is taken where this one cannot be used")),
  LOG_DIRECTORY(Told.valued("cephLogDir", "/var/log/ceph", "where rbd-nbd keeps its logs")),
  LOG_STRATEGY(
      Told.valued(
          "cephLogStrategy",
          "remove",
          "what becomes of them at unmapping: `remove`, `compress` or `preserve`")),
  ENCRYPTED(
      Told.valued("encrypted", "false", "`true` is refused, as long as encryption is missing")),
  RADOS_NAMESPACE(Told.of("radosNamespace", "none", "without effect: config.json says it"));

  private final Told told;

  ClassParameter(Told told) {
    this.told = told;
  }

  @Override
  public Told told() {
    return told;
  }
}
