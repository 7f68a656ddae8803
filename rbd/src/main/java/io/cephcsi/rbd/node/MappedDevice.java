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
 * @param client the address, with port and nonce, of the client that has the image open; empty
 *     where the system does not tell
 */
record MappedDevice(
    String fsid,
    ImageSpec image,
    String imageId,
    Path path,
    boolean readOnly,
    long sizeBytes,
    boolean served,
    String volumeId,
    String client) {
  /** One of a mapper that cannot lose the process behind it. */
  MappedDevice(
      String fsid, ImageSpec image, String imageId, Path path, boolean readOnly, long sizeBytes) {
    this(fsid, image, imageId, path, readOnly, sizeBytes, true, "", "");
  }

  /** The same with another size. */
  MappedDevice withSize(long bytes) {
    return new MappedDevice(fsid, image, imageId, path, readOnly, bytes, served, volumeId, client);
  }

  /** The same with its client known. */
  MappedDevice withClient(String address) {
    return new MappedDevice(
        fsid, image, imageId, path, readOnly, sizeBytes, served, volumeId, address);
  }
}
