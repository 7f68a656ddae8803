package io.cephcsi.rbd.node;

import java.nio.file.Path;

/**
 * A block device that shows an image.
 *
 * @param fsid the cluster's
 * @param path {@code /dev/rbd0} or the like
 * @param sizeBytes what the kernel says now
 * @param served whether somebody answers what is read and written; when not, fsid and image are
 *     empty
 * @param volumeId the CSI volume, where the mapper keeps it, else empty
 */
record MappedDevice(
    String fsid,
    ImageSpec image,
    String imageId,
    Path path,
    boolean readOnly,
    long sizeBytes,
    boolean served,
    String volumeId) {
  /** One of a mapper that cannot lose the process behind it. */
  MappedDevice(
      String fsid, ImageSpec image, String imageId, Path path, boolean readOnly, long sizeBytes) {
    this(fsid, image, imageId, path, readOnly, sizeBytes, true, "");
  }
}
