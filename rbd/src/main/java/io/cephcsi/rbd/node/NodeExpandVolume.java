package io.cephcsi.rbd.node;

import csi.v1.NodeExpandVolumeRequest;
import csi.v1.NodeExpandVolumeResponse;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Lets the device and the filesystem of a staged volume have the size that its image has. */
record NodeExpandVolume(
    Volumes volumes,
    Devices devices,
    Filesystems filesystems,
    Mounts mounts,
    NameLocks names,
    KnownUsers users)
    implements Call<NodeExpandVolumeRequest, NodeExpandVolumeResponse> {

  @Override
  public NodeExpandVolumeResponse answer(NodeExpandVolumeRequest request) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    RequiredField.require("volume_path", !request.getVolumePath().isEmpty());
    try (var _ = names.hold(request.getVolumeId())) {
      Mount mount = mounted(request);
      Devices.Held device =
          devices.below(mount).orElseThrow(() -> missing(request, request.getVolumePath()));
      MappedDevice grown = device.resized(target(request, device.device())).device();
      filesystem(mount).ifPresent(w -> filesystems.grow(w.filesystem(), grown.path(), w.path()));
      return NodeExpandVolumeResponse.newBuilder().setCapacityBytes(grown.sizeBytes()).build();
    }
  }

  /**
   * A mount of the filesystem through which it can grow; empty when it is read-only everywhere, and
   * for a block volume.
   */
  private Optional<Mount> filesystem(Mount mount) {
    return mounts.all().stream()
        .filter(m -> !mount.isDeviceNode() && m.showsSame(mount) && !m.readOnly())
        .findFirst();
  }

  private Mount mounted(NodeExpandVolumeRequest request) {
    try {
      return mounts
          .at(Path.of(request.getVolumePath()))
          .or(() -> staged(request))
          .orElseThrow(() -> missing(request, request.getVolumePath()));
    } catch (InvalidPathException e) {
      throw missing(request, request.getVolumePath());
    }
  }

  private Optional<Mount> staged(NodeExpandVolumeRequest request) {
    String staging = request.getStagingTargetPath();
    return staging.isEmpty()
        ? Optional.empty()
        : mounts.at(StagedPath.of(staging, request.getVolumeId()).mountPoint());
  }

  private static CsiException missing(NodeExpandVolumeRequest request, String path) {
    return new CsiException.NotFound(
        "volume %s is not staged at %s, where no device of ours is mounted: delete its pod, so that it is staged anew"
            .formatted(request.getVolumeId(), path));
  }

  /**
   * The size to wait for: the image's own where a Ceph user is known, else what the request says.
   * The kernel learns of a new size by itself, but not at once.
   */
  private long target(NodeExpandVolumeRequest request, MappedDevice device) {
    return VolumeHandle.of(request.getVolumeId())
        .flatMap(h -> imageBytes(request, h))
        .orElse(Math.max(request.getCapacityRange().getRequiredBytes(), device.sizeBytes()));
  }

  private Optional<Long> imageBytes(NodeExpandVolumeRequest request, VolumeHandle handle) {
    if (!request.getSecretsMap().isEmpty()) {
      return imageBytes(handle, Secrets.credentials(request.getSecretsMap()));
    }
    try {
      return users.find(handle.clusterId()).flatMap(user -> imageBytes(handle, user));
    } catch (CephException e) {
      if (e.denied()) {
        return Optional.empty(); // the last user of the cluster is one for another pool
      }
      throw e;
    }
  }

  private Optional<Long> imageBytes(VolumeHandle handle, Credentials credentials) {
    Optional<Volume> opened = volumes.open(handle, credentials);
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    try (Volume volume = opened.get()) {
      return volume
          .pool()
          .imageId(volume.entry().imageName())
          .flatMap(volume.pool()::imageHeader)
          .map(ImageHeader::sizeBytes);
    }
  }
}
