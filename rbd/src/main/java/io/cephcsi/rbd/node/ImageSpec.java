package io.cephcsi.rbd.node;

import io.cephcsi.rbd.Volume;

/**
 * An image by its names, as ceph-csi's stash file keeps it.
 *
 * @param namespace the RADOS namespace, empty for the default one
 */
record ImageSpec(String pool, String namespace, String image) {
  /** The image of a volume. */
  static ImageSpec of(Volume volume) {
    return new ImageSpec(
        volume.pool().name(), volume.pool().namespace(), volume.entry().imageName());
  }

  @Override
  public String toString() {
    return pool + "/" + (namespace.isEmpty() ? "" : namespace + "/") + image;
  }
}
