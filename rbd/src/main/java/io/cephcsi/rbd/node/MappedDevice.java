package io.cephcsi.rbd.node;

import java.nio.file.Path;

/**
 * A block device that shows an image.
 *
 * @param fsid the cluster's
 * @param path {@code /dev/rbd0} or the like
 * @param sizeBytes what the kernel says now
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
    String client) {
  /** One whose client is not known. */
  MappedDevice(
      String fsid, ImageSpec image, String imageId, Path path, boolean readOnly, long sizeBytes) {
    this(fsid, image, imageId, path, readOnly, sizeBytes, "");
  }

  /** The same with another size. */
  MappedDevice withSize(long bytes) {
    return new MappedDevice(fsid, image, imageId, path, readOnly, bytes, client);
  }
}
