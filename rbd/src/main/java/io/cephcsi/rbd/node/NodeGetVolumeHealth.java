package io.cephcsi.rbd.node;

import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.NodeGetVolumeHealthResponse;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.RequestPath;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.VolumeHealths;
import io.cephcsi.rbd.Volumes;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Tells what is wrong with a volume on this node, within two seconds: of a mounted one with its
 * device and filesystem; of one that could not be staged with its image.
 */
record NodeGetVolumeHealth(
    Mounts mounts, MountedHealth mounted, VolumeHealths healths, KnownUsers users)
    implements Call<NodeGetVolumeHealthRequest, NodeGetVolumeHealthResponse> {

  @Override
  public NodeGetVolumeHealthResponse answer(NodeGetVolumeHealthRequest request) {
    String text = RequiredField.text("volume_id", request.getVolumeId());
    Optional<Mount> mount = staged(request).or(() -> published(request));
    List<HealthProblem> problems =
        mount.isPresent() ? mounted.problems(text, mount.get()) : ofImage(text);
    return NodeGetVolumeHealthResponse.newBuilder()
        .setVolumeHealth(HealthProblem.told(text, problems))
        .build();
  }

  private Optional<Mount> staged(NodeGetVolumeHealthRequest request) {
    String staging = request.getStagingTargetPath();
    return staging.isEmpty()
        ? Optional.empty()
        : mounts.at(StagedPath.of(staging, request.getVolumeId()).mountPoint());
  }

  private Optional<Mount> published(NodeGetVolumeHealthRequest request) {
    String target = request.getVolumePublishPath();
    if (target.isEmpty()) {
      return Optional.empty();
    }
    Path path = RequestPath.absolute("volume_publish_path", target);
    return mounts.at(path);
  }

  /**
   * Nothing is known where no Ceph user is, since this call carries none, nor of a static volume,
   * whose image is in the volume context.
   */
  private List<HealthProblem> ofImage(String text) {
    if (VolumeHandle.of(text).orElseThrow(() -> Volumes.missing(text))
        instanceof VolumeHandle.Journaled(var id)) {
      return ofImage(id);
    }
    return List.of();
  }

  private List<HealthProblem> ofImage(VolumeId id) {
    return users.find(id.clusterId()).map(user -> healths.of(id, user)).orElse(List.of());
  }
}
