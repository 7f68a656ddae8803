package io.cephcsi.ceph;

/**
 * A clone of a snapshot.
 *
 * @param poolId the clone's pool
 * @param namespace the RADOS namespace there
 */
public record ChildImage(long poolId, String namespace, String imageId) {}
