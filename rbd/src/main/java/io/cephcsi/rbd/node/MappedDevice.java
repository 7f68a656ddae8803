package io.cephcsi.rbd.node;

import java.nio.file.Path;

/**
 * A block device that shows an image.
 *
 * @param fsid the cluster's
 * @param path {@code /dev/rbd0} or the like
 * @param sizeBytes what the kernel says now
 */
record MappedDevice(
    String fsid, ImageSpec image, String imageId, Path path, boolean readOnly, long sizeBytes) {}
