package io.cephcsi.rbd.node;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Watcher;
import io.cephcsi.cluster.Blocklist;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.Fences.Fence;
import io.cephcsi.rbd.ImageWatchers;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.util.List;
import java.util.Optional;

/**
 * How this node lets itself be fenced: each volume is mapped by a client of its own, whose address
 * is kept with the image from before the first write until after the unmapping.
 *
 * @param on whether nodes are fenced at all
 */
record NodeFence(boolean on, String nodeId, Devices devices, Volumes volumes, KnownUsers users) {
  /** The kernel's client would be one for all volumes of a cluster, and a fence hit them all. */
  private static final String OWN_CLIENT = "noshare";

  /** The request, with a client of its own for the kernel's mapper. */
  MapRequest fenced(MapRequest request) {
    if (!on) {
      return request;
    }
    return request.withKernelOptions(List.of(OWN_CLIENT));
  }

  /** Remembers by which client the device has the volume; safe to repeat. */
  void remember(Volume volume, String imageId, MappedDevice device) {
    if (on && !device.readOnly()) {
      client(volume, device)
          .ifPresent(client -> Fences.put(volume.pool(), imageId, new Fence(nodeId, client)));
    }
  }

  /** A client that has other volumes too was made before nodes were fenced, and stays unknown. */
  private Optional<String> client(Volume volume, MappedDevice device) {
    if (!device.client().isEmpty()) {
      return Optional.of(device.client())
          .filter(client -> devices.all().stream().noneMatch(d -> sharesClient(d, device)));
    }
    List<Watcher> watchers = ImageWatchers.of(volume.opened(), device.image().image()).all();
    return watchers.size() == 1 ? Optional.of(watchers.getFirst().address()) : Optional.empty();
  }

  private static boolean sharesClient(MappedDevice one, MappedDevice other) {
    return one.client().equals(other.client()) && !one.path().equals(other.path());
  }

  /**
   * Refuses a device that is there already while its client has been fenced.
   *
   * @throws CsiException.FailedPrecondition when it has been
   */
  void requireUnfenced(Volume volume, MappedDevice device) {
    if (on
        && !device.client().isEmpty()
        && Blocklist.of(volume.opened().cluster()).has(device.client())) {
      throw new CsiException.FailedPrecondition(
          "image %s is mapped at %s by client %s, which was fenced when this node seemed lost: unstage it here first"
              .formatted(volume.entry().imageName(), device.path(), device.client()));
    }
  }

  /** Forgets the client of a device that has been unmapped just now. */
  void forget(Volume volume, String imageId) {
    if (on) {
      Fences.remove(volume.pool(), imageId, nodeId);
    }
  }

  /**
   * As {@link #forget}, where the call carries no user. What is not forgotten the controller fences
   * when the volume is detached: a client that is gone feels nothing of it.
   */
  void forget(String volumeId) {
    if (on) {
      Optional<VolumeHandle> handle = VolumeHandle.of(volumeId);
      handle
          .flatMap(known -> users.find(known.clusterId()))
          .ifPresent(user -> forget(handle.orElseThrow(), user));
    }
  }

  private void forget(VolumeHandle handle, Credentials user) {
    try {
      volumes.open(handle, user).ifPresent(this::forget);
    } catch (CephException | CsiException e) {
      // the volume is off this node, which is what was asked for
    }
  }

  private void forget(Volume opened) {
    try (Volume volume = opened) {
      volume
          .pool()
          .imageId(volume.entry().imageName())
          .ifPresent(imageId -> forget(volume, imageId));
    }
  }
}
