package io.cephcsi.cephfs.node;

import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.NodeUnstageVolumeResponse;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.host.RequestPath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Takes a volume off this node: unmounts it, and forgets as whom it was mounted. */
record NodeUnstageVolume(StagedMount staged, StagedUsers users, NameLocks names)
    implements Call<NodeUnstageVolumeRequest, NodeUnstageVolumeResponse> {

  @Override
  public NodeUnstageVolumeResponse answer(NodeUnstageVolumeRequest request) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    Path staging = RequestPath.absolute("staging_target_path", request.getStagingTargetPath());
    try (var _ = names.hold(request.getVolumeId())) {
      staged.remove(request.getVolumeId(), staging);
      users.forget(request.getVolumeId());
      return NodeUnstageVolumeResponse.getDefaultInstance();
    } catch (IOException e) {
      throw new UncheckedIOException("unstage " + request.getVolumeId(), e);
    }
  }
}
