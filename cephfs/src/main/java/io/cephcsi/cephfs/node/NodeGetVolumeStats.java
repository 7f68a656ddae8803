package io.cephcsi.cephfs.node;

import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodeGetVolumeStatsResponse;
import csi.v1.VolumeUsage;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.VolumePath;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Tells how full a published volume is, in bytes and inodes, within two seconds or not at all.
 * CephFS has no bound on inodes, so that only those in use are told.
 */
record NodeGetVolumeStats(Mounts mounts, Filesystems filesystems, DirectoryEntries entries)
    implements Call<NodeGetVolumeStatsRequest, NodeGetVolumeStatsResponse> {
  private static final Duration ALL = Duration.ofMillis(1900);

  @Override
  public NodeGetVolumeStatsResponse answer(NodeGetVolumeStatsRequest request) {
    Mount mount = VolumePath.mounted(request, mounts);
    long until = System.nanoTime() + ALL.toNanos();
    var answer = VolumePath.bytes(VolumePath.usage(filesystems, mount.path()));
    count(mount.path(), until)
        .ifPresent(count ->
            answer.addUsage(
                VolumeUsage.newBuilder().setUnit(VolumeUsage.Unit.INODES).setUsed(count)));
    return answer.build();
  }

  /** What statfs says of inodes is of the whole cluster. */
  private Optional<Long> count(Path path, long until) {
    long left = until - System.nanoTime();
    if (left <= 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(entries.count(path, Duration.ofNanos(left)));
    } catch (CommandFailed e) {
      return Optional.empty();
    }
  }
}
