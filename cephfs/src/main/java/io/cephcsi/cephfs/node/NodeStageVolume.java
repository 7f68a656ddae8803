package io.cephcsi.cephfs.node;

import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeStageVolumeResponse;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

/** Makes a volume ready on this node: mounts it on its staging path. */
record NodeStageVolume(StagedMount staged, Mounts mounts, StagedUsers users, NameLocks names)
    implements Call<NodeStageVolumeRequest, NodeStageVolumeResponse> {

  @Override
  public NodeStageVolumeResponse answer(NodeStageVolumeRequest request) {
    StagePlan plan = StagePlan.of(request);
    try (var _ = names.hold(plan.volumeId())) {
      requireDirectory(plan);
      staged.ensure(plan);
      users.remember(plan);
      return NodeStageVolumeResponse.getDefaultInstance();
    } catch (IOException e) {
      throw new UncheckedIOException("stage " + plan.volumeId(), e);
    }
  }

  /** What is mounted there is not looked at: that can hang. */
  private void requireDirectory(StagePlan plan) {
    if (mounts.at(plan.staging()).isEmpty() && !Files.isDirectory(plan.staging())) {
      throw new CsiException.InvalidArgument(
          "staging_target_path %s is no directory: the caller must make it first"
              .formatted(plan.staging()));
    }
  }
}
