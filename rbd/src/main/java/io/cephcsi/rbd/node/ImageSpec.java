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

  /** The name that calls hold which map or unmap it: several volumes may be of one image. */
  String lock() {
    return "image " + this;
  }

  @Override
  public String toString() {
    return pool + "/" + (namespace.isEmpty() ? "" : namespace + "/") + image;
  }
}
