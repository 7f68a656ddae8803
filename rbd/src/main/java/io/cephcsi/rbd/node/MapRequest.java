package io.cephcsi.rbd.node;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.rbd.ClassParameter;
import io.cephcsi.rbd.MapOptions;
import io.cephcsi.rbd.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An image that is to become a block device.
 *
 * @param fsid the cluster's
 * @param monitors as in {@code mon_host}
 * @param imageId the image's id, which tells it from another one that had its name before
 * @param volumeId the CSI volume that the image is
 * @param logDirectory for a mapper with a process that logs; empty for its default
 * @param netNamespace the file of the network namespace to map in, empty for the driver's own
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
    String logDirectory,
    String netNamespace) {

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
        MapOptions.of(ClassParameter.MAP_OPTIONS.in(context)),
        volumeId,
        ClassParameter.LOG_DIRECTORY.in(context),
        volume.opened().config().rbd().netNamespacePath());
  }

  /** The same with more options for the kernel. */
  MapRequest withKernelOptions(List<String> more) {
    return new MapRequest(
        fsid,
        monitors,
        credentials,
        image,
        imageId,
        readOnly,
        options.withKernelOptions(more),
        volumeId,
        logDirectory,
        netNamespace);
  }

  /** A command that connects to the cluster, in the network namespace; see nsenter(1). */
  List<String> inNetNamespace(List<String> command) {
    if (netNamespace.isEmpty()) {
      return command;
    }
    List<String> entering = new ArrayList<>(List.of("nsenter", "--net=" + netNamespace, "--"));
    entering.addAll(command);
    return entering;
  }
}
