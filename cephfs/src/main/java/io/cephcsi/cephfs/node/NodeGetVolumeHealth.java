package io.cephcsi.cephfs.node;

import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.NodeGetVolumeHealthResponse;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.RequestPath;
import java.util.List;
import java.util.Optional;

/**
 * Tells what is wrong with a volume on this node, within two seconds: of a mounted one with its
 * mount; of one that could not be staged with its subvolume.
 */
record NodeGetVolumeHealth(
    Mounts mounts, MountedHealth mounted, VolumeHealths healths, KnownUsers users)
    implements Call<NodeGetVolumeHealthRequest, NodeGetVolumeHealthResponse> {

  @Override
  public NodeGetVolumeHealthResponse answer(NodeGetVolumeHealthRequest request) {
    String id = RequiredField.text("volume_id", request.getVolumeId());
    Optional<Mount> mount =
        at("staging_target_path", request.getStagingTargetPath())
            .or(() -> at("volume_publish_path", request.getVolumePublishPath()));
    List<HealthProblem> problems =
        mount.isPresent() ? mounted.problems(id, mount.get()) : ofSubvolume(id);
    return NodeGetVolumeHealthResponse.newBuilder()
        .setVolumeHealth(HealthProblem.told(id, problems))
        .build();
  }

  private Optional<Mount> at(String field, String path) {
    return path.isEmpty() ? Optional.empty() : mounts.at(RequestPath.absolute(field, path));
  }

  /** Nothing is known where no Ceph user is, since this call carries none. */
  private List<HealthProblem> ofSubvolume(String text) {
    VolumeId id = VolumeId.of(text).orElseThrow(() -> Volumes.missing(text));
    return users.find(id.clusterId()).map(user -> healths.of(id, user)).orElse(List.of());
  }
}
