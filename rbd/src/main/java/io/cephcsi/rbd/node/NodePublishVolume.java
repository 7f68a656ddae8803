package io.cephcsi.rbd.node;

import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodePublishVolumeResponse;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Publication;
import java.nio.file.Path;

/** Shows a staged volume at a pod's path, by a bind mount. */
record NodePublishVolume(Publication publication, NameLocks names)
    implements Call<NodePublishVolumeRequest, NodePublishVolumeResponse> {

  @Override
  public NodePublishVolumeResponse answer(NodePublishVolumeRequest request) {
    Path target = Publication.target(request);
    StagedPath staged = StagedPath.of(request.getStagingTargetPath(), request.getVolumeId());
    try (var _ = names.hold(request.getVolumeId())) {
      Mount mount = publication.staged(request, staged.mountPoint());
      requireShape(request, mount);
      publication.show(request, mount, target);
      return NodePublishVolumeResponse.getDefaultInstance();
    }
  }

  private static void requireShape(NodePublishVolumeRequest request, Mount staged) {
    if (request.getVolumeCapability().hasBlock() != staged.isDeviceNode()) {
      throw new CsiException.InvalidArgument(
          "volume %s is staged as %s: publish it as that, or unstage it first"
              .formatted(request.getVolumeId(), staged.isDeviceNode() ? "block" : "a filesystem"));
    }
  }
}
