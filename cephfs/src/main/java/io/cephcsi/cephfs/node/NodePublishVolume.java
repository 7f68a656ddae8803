package io.cephcsi.cephfs.node;

import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodePublishVolumeResponse;
import io.cephcsi.cephfs.VolumeAttribute;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.Publication;
import io.cephcsi.csi.host.RequestPath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * Shows a staged volume at a pod's path, by a bind mount. A staged volume whose client is gone or
 * was evicted is mounted again first, since kubelet does not stage it again for the next pod.
 */
record NodePublishVolume(
    Publication publication,
    StagedMount staged,
    StagedUsers users,
    Mounts mounts,
    Pulse pulse,
    NameLocks names)
    implements Call<NodePublishVolumeRequest, NodePublishVolumeResponse> {

  @Override
  public NodePublishVolumeResponse answer(NodePublishVolumeRequest request) {
    Path target = Publication.target(request);
    StagePlan.requireKnown(request.getVolumeCapability());
    Path staging = RequestPath.absolute("staging_target_path", request.getStagingTargetPath());
    try (var _ = names.hold(request.getVolumeId())) {
      Mount mount = publication.staged(request, staging);
      if (!pulse.beats(staging)) {
        mount = again(request, staging);
      }
      if (mounts.at(target).isPresent() && !pulse.beats(target)) {
        mounts.detach(target);
      }
      publication.show(request, mount, target);
      return NodePublishVolumeResponse.getDefaultInstance();
    } catch (IOException e) {
      throw new UncheckedIOException("publish " + request.getVolumeId(), e);
    }
  }

  private Mount again(NodePublishVolumeRequest request, Path staging) throws IOException {
    var secrets = request.getSecretsMap();
    VolumeSource source =
        VolumeSource.of(
            request.getVolumeId(),
            request.getVolumeContextMap(),
            VolumeAttribute.MONITORS.in(secrets));
    var credentials = users.of(request.getVolumeId(), source, secrets);
    staged.ensure(StagePlan.again(request, source, credentials));
    return publication.staged(request, staging);
  }
}
