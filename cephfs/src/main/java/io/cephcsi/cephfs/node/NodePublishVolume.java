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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Shows a staged volume at a pod's path, by a bind mount. A staged volume whose client is gone or
 * was evicted is mounted again first, since kubelet does not stage it again for the next pod; also
 * when a call before has begun with that and did not come to its end.
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
      Mount mount = whole(request, staging);
      if (mounts.at(target).isPresent() && !pulse.beats(target)) {
        mounts.detach(target);
      }
      publication.show(request, mount, target);
      return NodePublishVolumeResponse.getDefaultInstance();
    } catch (IOException e) {
      throw new UncheckedIOException("publish " + request.getVolumeId(), e);
    }
  }

  private Mount whole(NodePublishVolumeRequest request, Path staging) throws IOException {
    Optional<Mount> there = mounts.at(staging);
    if (there.isEmpty() && !Files.isDirectory(staging)) {
      return publication.staged(request, staging); // which refuses: it was never staged
    }
    VolumeSource source =
        VolumeSource.of(
            request.getVolumeId(),
            request.getVolumeContextMap(),
            VolumeAttribute.MONITORS.in(request.getSecretsMap()));
    if (there.isPresent() && staged.isWhole(there.get(), source, staging)) {
      return there.get();
    }
    var credentials = users.of(request.getVolumeId(), source, request.getSecretsMap());
    staged.ensure(StagePlan.again(request, source, credentials));
    return publication.staged(request, staging);
  }
}
