package io.cephcsi.rbd.node;

import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.NodeUnstageVolumeResponse;
import io.cephcsi.ceph.CephException;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.MountPoint;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Takes a volume off this node: unmounts it, unmaps its image, and last removes the stash, which
 * until then says what there is to unmap. The image stays mapped while another volume, by another
 * id of the same image, is staged with it.
 */
record NodeUnstageVolume(
    Devices devices, Revival revival, Mounts mounts, NodeFence fence, NameLocks names)
    implements Call<NodeUnstageVolumeRequest, NodeUnstageVolumeResponse> {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  @Override
  public NodeUnstageVolumeResponse answer(NodeUnstageVolumeRequest request) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    StagedPath path = StagedPath.of(request.getStagingTargetPath(), request.getVolumeId());
    try (var _ = names.hold(request.getVolumeId())) {
      unstage(request.getVolumeId(), path);
      return NodeUnstageVolumeResponse.getDefaultInstance();
    } catch (IOException e) {
      throw new UncheckedIOException("unstage " + request.getVolumeId(), e);
    }
  }

  private void unstage(String volumeId, StagedPath path) throws IOException {
    Optional<Stash> stash = Stash.read(path.directory());
    stash.filter(Stash::encrypted).ifPresent(_ -> refuseEncrypted(volumeId));
    try (var _ =
        names.hold(stash.map(s -> s.spec().lock()).orElse("unknown image of " + volumeId))) {
      unstage(volumeId, path, stash);
    }
    Stash.remove(path.directory());
  }

  private void unstage(String volumeId, StagedPath path, Optional<Stash> stash) throws IOException {
    Optional<Mount> mounted = mounts.at(path.mountPoint());
    Optional<Devices.Held> held =
        stash.isPresent()
            ? staged(volumeId, stash.get(), mounted.isPresent())
            : mounted.flatMap(devices::below);
    mounts.unmount(path.mountPoint());
    MountPoint.remove(path.mountPoint());
    if (held.isPresent() && isStagedElsewhere(held.get().device(), path)) {
      return;
    }
    String options = stash.map(Stash::unmapOptions).orElse("");
    held.ifPresent(device -> device.unmap(options));
    if (held.isEmpty()) {
      stash.ifPresent(known -> devices.clear(known.spec()));
    }
    stash.filter(Stash::nbd).ifPresent(s -> s.log(volumeId).finish(s.logStrategy()));
    if (stash.isPresent() || held.isPresent()) {
      fence.forget(volumeId);
    }
  }

  /**
   * A mount is another volume's where its directory has a stash of the same image; all others that
   * show the device are what is left of this volume, and keep it from being unmapped.
   */
  private boolean isStagedElsewhere(MappedDevice device, StagedPath path) throws IOException {
    for (Mount mount : mounts.all()) {
      Path directory = mount.path().getParent();
      if (directory != null
          && devices.isShownBy(mount, device)
          && Stash.read(directory).filter(s -> s.spec().equals(device.image())).isPresent()
          && !Files.isSameFile(directory, path.directory())) {
        return true;
      }
    }
    return false;
  }

  /** Between filesystem and image there is dm-crypt, which only ceph-csi takes away. */
  private static void refuseEncrypted(String volumeId) {
    throw new CsiException.FailedPrecondition(
        "volume %s was staged encrypted, by ceph-csi: let that unstage it, or unmount it, run cryptsetup close luks-rbd-%s, and remove encrypted from its image-meta.json"
            .formatted(volumeId, volumeId));
  }

  private Optional<Devices.Held> staged(String volumeId, Stash stash, boolean mounted) {
    return devices
        .of(stash.spec())
        .or(() ->
            devices
                .lost(volumeId, Optional.of(stash))
                .map(lost -> mounted ? revived(volumeId, stash, lost) : lost));
  }

  /** With a process that takes what unmounting still writes; without one if that cannot be. */
  private Devices.Held revived(String volumeId, Stash stash, Devices.Held lost) {
    try {
      return revival.revivePatiently(volumeId, stash, lost);
    } catch (CsiException | CephException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "volume {0} is unmounted from a device that nobody serves, which may lose what was not"
              + " yet written: {1}",
          volumeId,
          e.getMessage());
      return lost;
    }
  }
}
