package io.cephcsi.rbd;

import io.cephcsi.csi.Parameter;

/** What the context of an RBD volume tells beside the parameters of its class. */
public enum VolumeAttribute implements Parameter {
  STATIC(Told.of("staticVolume", "`\"true\"`: the volume was made by hand")),
  MIGRATION(Told.of("migration", "`\"true\"` for a volume of Kubernetes' in-tree driver")),
  IMAGE_NAME(
      Told.of("imageName", "the image, where `migration` is set; CreateVolume tells it too")),
  JOURNAL_POOL(
      Told.of("journalPool", "set by CreateVolume, for ceph-csi: the pool with the journal"));

  private final Told told;

  VolumeAttribute(Told told) {
    this.told = told;
  }

  @Override
  public Told told() {
    return told;
  }
}
