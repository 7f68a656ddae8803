package io.cephcsi.ceph;

/** Where a clone comes from. */
public record ParentImage(
    String pool,
    String namespace,
    String image,
    String imageId,
    String snapshot,
    boolean inTrash) {}
