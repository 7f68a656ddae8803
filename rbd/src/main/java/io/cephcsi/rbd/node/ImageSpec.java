package io.cephcsi.rbd.node;

/**
 * An image by its names, as ceph-csi's stash file keeps it.
 *
 * @param namespace the RADOS namespace, empty for the default one
 */
record ImageSpec(String pool, String namespace, String image) {
  @Override
  public String toString() {
    return pool + "/" + (namespace.isEmpty() ? "" : namespace + "/") + image;
  }
}
