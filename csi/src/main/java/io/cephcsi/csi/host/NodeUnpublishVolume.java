package io.cephcsi.csi.host;

import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.NodeUnpublishVolumeResponse;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** Takes a volume away from a pod's path; unmounts, and removes the empty directory. */
public record NodeUnpublishVolume(Mounts mounts, NameLocks names)
    implements Call<NodeUnpublishVolumeRequest, NodeUnpublishVolumeResponse> {

  @Override
  public NodeUnpublishVolumeResponse answer(NodeUnpublishVolumeRequest request) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    Path target = RequestPath.absolute("target_path", request.getTargetPath());
    try (var _ = names.hold(request.getVolumeId())) {
      mounts.unmount(target);
      MountPoint.remove(target);
      return NodeUnpublishVolumeResponse.getDefaultInstance();
    } catch (IOException e) {
      throw new UncheckedIOException("unpublish " + target, e);
    }
  }
}
