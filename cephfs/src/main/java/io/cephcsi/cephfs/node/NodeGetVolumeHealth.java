package io.cephcsi.cephfs.node;

import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.NodeGetVolumeHealthResponse;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.RequestPath;
import java.util.List;
import java.util.Optional;

/** Tells what is wrong with a volume that is mounted on this node, within two seconds. */
record NodeGetVolumeHealth(Mounts mounts, MountedHealth mounted)
    implements Call<NodeGetVolumeHealthRequest, NodeGetVolumeHealthResponse> {

  @Override
  public NodeGetVolumeHealthResponse answer(NodeGetVolumeHealthRequest request) {
    String id = request.getVolumeId();
    if (id.isEmpty()) {
      throw new CsiException.InvalidArgument("volume_id is missing");
    }
    Mount mount =
        at("staging_target_path", request.getStagingTargetPath())
            .or(() -> at("volume_publish_path", request.getVolumePublishPath()))
            .orElseThrow(() -> Volumes.missing(id));
    List<HealthProblem> problems = mounted.problems(id, mount);
    return NodeGetVolumeHealthResponse.newBuilder()
        .setVolumeHealth(HealthProblem.told(id, problems))
        .build();
  }

  private Optional<Mount> at(String field, String path) {
    return path.isEmpty() ? Optional.empty() : mounts.at(RequestPath.absolute(field, path));
  }
}
