package io.cephcsi.csi.host;

import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodeGetVolumeStatsResponse;
import csi.v1.VolumeUsage;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequiredField;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Where a volume is that NodeGetVolumeStats asks about, and the form of the answer. */
public final class VolumePath {
  private VolumePath() {}

  /**
   * What is mounted there.
   *
   * @throws CsiException.NotFound when nothing is
   */
  public static Mount mounted(NodeGetVolumeStatsRequest request, Mounts mounts) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    RequiredField.require("volume_path", !request.getVolumePath().isEmpty());
    try {
      Path path = Path.of(request.getVolumePath());
      return mounts.at(path).orElseThrow(() -> missing(request));
    } catch (InvalidPathException e) {
      throw missing(request);
    }
  }

  /** The refusal when the volume is not there. */
  public static CsiException missing(NodeGetVolumeStatsRequest request) {
    return new CsiException.NotFound(
        "volume %s is not at %s, where nothing is mounted: delete its pod, so that it is published anew"
            .formatted(request.getVolumeId(), request.getVolumePath()));
  }

  /** What its filesystem says; a refusal when it does not answer. */
  public static Usage usage(Filesystems filesystems, Path path) {
    try {
      return filesystems.usage(path);
    } catch (CommandFailed e) {
      throw new CsiException.Unavailable(
          "the filesystem at %s does not answer: %s; see whether its cluster does (ceph health detail)"
              .formatted(path, e.getMessage()),
          e);
    }
  }

  /** The answer's bytes. */
  public static NodeGetVolumeStatsResponse.Builder bytes(Usage usage) {
    return NodeGetVolumeStatsResponse.newBuilder()
        .addUsage(
            VolumeUsage.newBuilder()
                .setUnit(VolumeUsage.Unit.BYTES)
                .setTotal(usage.totalBytes())
                .setAvailable(usage.availableBytes())
                .setUsed(usage.usedBytes()));
  }
}
