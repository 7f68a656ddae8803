package io.cephcsi.rbd.node;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.rbd.MapOptions;
import io.cephcsi.rbd.Volume;
import java.util.Map;

/**
 * An image that is to become a block device.
 *
 * @param fsid the cluster's
 * @param monitors as in {@code mon_host}
 * @param imageId the image's id, which tells it from another one that had its name before
 * @param volumeId the CSI volume that the image is
 * @param logDirectory for a mapper with a process that logs; empty for its default
 */
record MapRequest(
    String fsid,
    String monitors,
    Credentials credentials,
    ImageSpec image,
    String imageId,
    boolean readOnly,
    MapOptions options,
    String volumeId,
    String logDirectory) {

  /**
   * @param context the class's parameters
   * @throws io.cephcsi.csi.CsiException.InvalidArgument when its map options are wrong
   */
  static MapRequest of(
      Volume volume,
      String volumeId,
      String imageId,
      boolean readOnly,
      Map<String, String> context) {
    return new MapRequest(
        volume.opened().cluster().fsid(),
        volume.opened().config().monitorList(),
        volume.opened().credentials(),
        ImageSpec.of(volume),
        imageId,
        readOnly,
        MapOptions.of(context.getOrDefault("mapOptions", "")),
        volumeId,
        context.getOrDefault("cephLogDir", ""));
  }

  /** The same with other options. */
  MapRequest with(MapOptions others) {
    return new MapRequest(
        fsid, monitors, credentials, image, imageId, readOnly, others, volumeId, logDirectory);
  }
}
