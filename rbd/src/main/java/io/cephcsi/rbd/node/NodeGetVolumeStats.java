package io.cephcsi.rbd.node;

import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodeGetVolumeStatsResponse;
import csi.v1.VolumeUsage;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.Usage;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Tells how full a published volume is, in bytes and inodes, or how large a block volume is; within
 * two seconds or not at all.
 */
record NodeGetVolumeStats(Devices devices, Mounts mounts, Filesystems filesystems)
    implements Call<NodeGetVolumeStatsRequest, NodeGetVolumeStatsResponse> {

  @Override
  public NodeGetVolumeStatsResponse answer(NodeGetVolumeStatsRequest request) {
    if (request.getVolumeId().isEmpty()) {
      throw new CsiException.InvalidArgument("volume_id is missing");
    }
    if (request.getVolumePath().isEmpty()) {
      throw new CsiException.InvalidArgument("volume_path is missing");
    }
    Mount mount = mounted(request);
    return mount.isDeviceNode() ? size(request, mount) : answer(usage(mount.path()));
  }

  private NodeGetVolumeStatsResponse size(NodeGetVolumeStatsRequest request, Mount mount) {
    var held = devices.below(mount).orElseThrow(() -> missing(request));
    return NodeGetVolumeStatsResponse.newBuilder()
        .addUsage(
            VolumeUsage.newBuilder()
                .setUnit(VolumeUsage.Unit.BYTES)
                .setTotal(held.device().sizeBytes()))
        .build();
  }

  private Mount mounted(NodeGetVolumeStatsRequest request) {
    try {
      Path path = Path.of(request.getVolumePath());
      return mounts.at(path).orElseThrow(() -> missing(request));
    } catch (InvalidPathException e) {
      throw missing(request);
    }
  }

  private static CsiException missing(NodeGetVolumeStatsRequest request) {
    return new CsiException.NotFound(
        "volume %s is not at %s: nothing is mounted there"
            .formatted(request.getVolumeId(), request.getVolumePath()));
  }

  private Usage usage(Path path) {
    try {
      return filesystems.usage(path);
    } catch (CommandFailed e) {
      throw new CsiException.Unavailable(
          "the filesystem at %s does not answer: %s".formatted(path, e.getMessage()), e);
    }
  }

  private static NodeGetVolumeStatsResponse answer(Usage usage) {
    return NodeGetVolumeStatsResponse.newBuilder()
        .addUsage(
            VolumeUsage.newBuilder()
                .setUnit(VolumeUsage.Unit.BYTES)
                .setTotal(usage.totalBytes())
                .setAvailable(usage.availableBytes())
                .setUsed(usage.usedBytes()))
        .addUsage(
            VolumeUsage.newBuilder()
                .setUnit(VolumeUsage.Unit.INODES)
                .setTotal(usage.totalInodes())
                .setAvailable(usage.freeInodes())
                .setUsed(usage.usedInodes()))
        .build();
  }
}
