package io.cephcsi.ceph;

/**
 * What a clone's header says of where it comes from.
 *
 * @param poolId the parent's pool
 * @param namespace the RADOS namespace there
 */
public record ParentLink(long poolId, String namespace, String imageId, long snapshotId) {}
