package io.cephcsi.rbd.node;

import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.NodeUnstageVolumeResponse;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * Takes a volume off this node: unmounts it, unmaps its image, and last removes the stash, which
 * until then says what there is to unmap.
 */
record NodeUnstageVolume(Devices devices, Mounts mounts, NodeFence fence, NameLocks names)
    implements Call<NodeUnstageVolumeRequest, NodeUnstageVolumeResponse> {

  @Override
  public NodeUnstageVolumeResponse answer(NodeUnstageVolumeRequest request) {
    if (request.getVolumeId().isEmpty()) {
      throw new CsiException.InvalidArgument("volume_id is missing");
    }
    StagedPath path = StagedPath.of(request.getStagingTargetPath(), request.getVolumeId());
    try (var _ = names.hold(request.getVolumeId())) {
      unstage(path, request.getVolumeId());
      return NodeUnstageVolumeResponse.getDefaultInstance();
    } catch (IOException e) {
      throw new UncheckedIOException("unstage " + request.getVolumeId(), e);
    }
  }

  private void unstage(StagedPath path, String volumeId) throws IOException {
    Optional<Mount> mounted = mounts.at(path.mountPoint());
    Optional<Stash> stash = Stash.read(path.directory());
    Optional<Devices.Held> held =
        stash.isPresent() ? devices.of(stash.get().spec()) : mounted.flatMap(devices::below);
    mounts.unmount(path.mountPoint());
    MountPoint.remove(path.mountPoint());
    String options = stash.map(Stash::unmapOptions).orElse("");
    held.ifPresent(device -> device.unmap(options));
    if (held.isEmpty()) {
      stash.ifPresent(known -> devices.clear(known.spec()));
    }
    if (stash.isPresent() || held.isPresent()) {
      fence.forget(volumeId);
    }
    Stash.remove(path.directory());
  }
}
