package io.cephcsi.rbd.node;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Watcher;
import io.cephcsi.cluster.Blocklist;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.Fences.Fence;
import io.cephcsi.rbd.FlatteningClient;
import io.cephcsi.rbd.ImageWatchers;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How this node lets itself be fenced: each volume is mapped by a client of its own, whose address
 * is kept with the image from before the first write until after the unmapping.
 *
 * @param on whether nodes are fenced at all
 * @param staged asked for a volume's user where {@code users} knows none
 */
record NodeFence(
    boolean on,
    String nodeId,
    Devices devices,
    Volumes volumes,
    KnownUsers users,
    StagedUsers staged) {
  /** The kernel's client would be one for all volumes of a cluster, and a fence hit them all. */
  private static final String OWN_CLIENT = "noshare";

  /** The request, with a client of its own for the kernel's mapper. */
  MapRequest fenced(MapRequest request) {
    if (!on) {
      return request;
    }
    return request.withKernelOptions(List.of(OWN_CLIENT));
  }

  /**
   * Refuses a volume that another node may still write to, and that is for one node. That nobody
   * watches the image proves nothing: the watch of a node that was stopped ends after half a
   * minute, and it writes when it goes on.
   *
   * @throws CsiException.FailedPrecondition naming the node
   */
  void requireNoOther(Volume volume, String imageId) {
    if (on) {
      Fences.of(volume.pool(), imageId).stream()
          .filter(fence -> !fence.nodeId().equals(nodeId))
          .findFirst()
          .ifPresent(other -> refuse(volume, other));
    }
  }

  private static void refuse(Volume volume, Fence other) {
    throw new CsiException.FailedPrecondition(
        "image %s may still be written on node %s, by client %s, and is for one node: unstage the volume there, or detach it from there, which fences a lost node; if that node is off for good and the volume is detached, rbd image-meta remove %s %s"
            .formatted(
                ImageSpec.of(volume),
                other.nodeId(),
                other.client(),
                ImageSpec.of(volume),
                Fences.key(other.nodeId())));
  }

  /** Whoever has the image open before it is mapped here, for {@link #remember}. */
  Set<String> watchers(Volume volume, String imageId) {
    return on && volume.pool().imageWatched(imageId) ? opened(volume, imageId) : Set.of();
  }

  /** All that have it open but for a controller that flattens it. */
  private static Set<String> opened(Volume volume, String imageId) {
    return ImageWatchers.ofId(volume.opened(), imageId)
        .withoutClient(FlatteningClient.of(volume.pool(), imageId))
        .all()
        .stream()
        .map(Watcher::address)
        .collect(Collectors.toSet());
  }

  /**
   * Remembers by which client a device has the volume that was just made.
   *
   * @param before who had the image open before
   * @throws CsiException.Aborted when it cannot be told
   */
  void remember(Volume volume, String imageId, MappedDevice device, Set<String> before) {
    if (on && !device.readOnly()) {
      if (device.client().isEmpty()) {
        put(volume, imageId, newcomer(volume, imageId, device, before));
      } else {
        put(volume, imageId, device);
      }
    }
  }

  private static String newcomer(
      Volume volume, String imageId, MappedDevice device, Set<String> before) {
    Set<String> now = new TreeSet<>(opened(volume, imageId));
    now.removeAll(before);
    if (now.size() != 1) {
      throw new CsiException.Aborted(
          "%s shows image %s, and which of %s is its client, by which this node could be fenced, cannot be told: ask again"
              .formatted(device.path(), device.image(), now));
    }
    return now.iterator().next();
  }

  /** As the other one, of a device that is there already; what cannot be told stays as it was. */
  void remember(Volume volume, String imageId, MappedDevice device) {
    if (!on || device.readOnly()) {
      return;
    }
    if (!device.client().isEmpty()) {
      put(volume, imageId, device);
      return;
    }
    Set<String> clients = opened(volume, imageId);
    if (clients.size() == 1) {
      put(volume, imageId, clients.iterator().next());
    }
  }

  /** A client that has other volumes too was made before nodes were fenced, and stays unknown. */
  private void put(Volume volume, String imageId, MappedDevice device) {
    if (devices.all().stream().noneMatch(other -> sharesClient(other, device))) {
      put(volume, imageId, device.client());
    }
  }

  private void put(Volume volume, String imageId, String client) {
    Fences.put(volume.pool(), imageId, new Fence(nodeId, client));
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
      VolumeHandle.of(volumeId).ifPresent(handle -> forget(handle, volumeId));
    }
  }

  /**
   * After a restart of the driver no user is known from calls; and the last one of the cluster need
   * not be one for this volume's pool.
   */
  private void forget(VolumeHandle handle, String volumeId) {
    boolean forgotten =
        users.find(handle.clusterId()).map(user -> forgets(handle, user)).orElse(false);
    if (!forgotten) {
      user(volumeId).ifPresent(user -> forgets(handle, user));
    }
  }

  private Optional<Credentials> user(String volumeId) {
    try {
      return staged.find(volumeId).map(StagedUsers.Told::credentials);
    } catch (CsiException e) {
      return Optional.empty(); // detached, and by that forgotten or fenced
    }
  }

  /** False where this user cannot; the volume is off this node all the same. */
  private boolean forgets(VolumeHandle handle, Credentials user) {
    try {
      volumes.open(handle, user).ifPresent(this::forget);
      return true;
    } catch (CephException | CsiException e) {
      return false;
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
