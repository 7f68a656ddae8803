package io.cephcsi.rbd.node;

import io.cephcsi.ceph.Credentials;

/**
 * An image that is to become a block device.
 *
 * @param fsid the cluster's
 * @param monitors as in {@code mon_host}
 * @param imageId the image's id, which tells it from another one that had its name before
 * @param options for the mapper, comma separated, empty for none
 */
record MapRequest(
    String fsid,
    String monitors,
    Credentials credentials,
    ImageSpec image,
    String imageId,
    boolean readOnly,
    String options) {}
