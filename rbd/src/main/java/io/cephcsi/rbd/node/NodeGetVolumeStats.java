package io.cephcsi.rbd.node;

import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodeGetVolumeStatsResponse;
import csi.v1.VolumeUsage;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.Usage;
import io.cephcsi.csi.host.VolumePath;

/**
 * Tells how full a published volume is, in bytes and inodes, or how large a block volume is; within
 * two seconds or not at all.
 */
record NodeGetVolumeStats(Devices devices, Mounts mounts, Filesystems filesystems)
    implements Call<NodeGetVolumeStatsRequest, NodeGetVolumeStatsResponse> {

  @Override
  public NodeGetVolumeStatsResponse answer(NodeGetVolumeStatsRequest request) {
    Mount mount = VolumePath.mounted(request, mounts);
    return mount.isDeviceNode()
        ? size(request, mount)
        : answer(VolumePath.usage(filesystems, mount.path()));
  }

  private NodeGetVolumeStatsResponse size(NodeGetVolumeStatsRequest request, Mount mount) {
    var held = devices.below(mount).orElseThrow(() -> VolumePath.missing(request));
    return NodeGetVolumeStatsResponse.newBuilder()
        .addUsage(
            VolumeUsage.newBuilder()
                .setUnit(VolumeUsage.Unit.BYTES)
                .setTotal(held.device().sizeBytes()))
        .build();
  }

  private static NodeGetVolumeStatsResponse answer(Usage usage) {
    return VolumePath.bytes(usage)
        .addUsage(
            VolumeUsage.newBuilder()
                .setUnit(VolumeUsage.Unit.INODES)
                .setTotal(usage.totalInodes())
                .setAvailable(usage.freeInodes())
                .setUsed(usage.usedInodes()))
        .build();
  }
}
