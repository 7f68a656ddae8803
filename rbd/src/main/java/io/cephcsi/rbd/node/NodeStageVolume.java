package io.cephcsi.rbd.node;

import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeStageVolumeResponse;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.GoBoolean;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.rbd.ClassParameter;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a volume ready on this node: maps its image, makes the filesystem if there is nothing yet,
 * and mounts it below the staging path; of a block volume, mounts the device's node there.
 *
 * <p>The stash is written first: from then on NodeUnstageVolume can take back whatever a crash
 * left.
 */
record NodeStageVolume(
    Volumes volumes,
    Devices devices,
    StagedFilesystem filesystem,
    StagedBlockDevice block,
    Mounts mounts,
    NameLocks names,
    KnownUsers users,
    NodeFence fence,
    NodeSettings settings)
    implements Call<NodeStageVolumeRequest, NodeStageVolumeResponse> {

  @Override
  public NodeStageVolumeResponse answer(NodeStageVolumeRequest request) {
    StagePlan plan = StagePlan.of(request, settings);
    requireDirectory(plan.path());
    try (var _ = names.hold(plan.volumeId());
        Volume volume = open(plan);
        var _ = names.hold(ImageSpec.of(volume).lock())) {
      users.remember(volume.opened().config().clusterId(), plan.credentials());
      stage(plan, volume);
      return NodeStageVolumeResponse.getDefaultInstance();
    } catch (IOException e) {
      throw new UncheckedIOException("stage " + plan.volumeId(), e);
    }
  }

  private Volume open(StagePlan plan) {
    VolumeHandle handle = plan.handle().orElseThrow(() -> Volumes.missing(plan.volumeId()));
    return volumes
        .open(handle, plan.credentials())
        .orElseThrow(() -> Volumes.missing(plan.volumeId()));
  }

  private static void requireDirectory(StagedPath path) {
    if (!Files.isDirectory(path.directory())) {
      throw new CsiException.InvalidArgument(
          "staging_target_path %s is no directory: the caller must make it first"
              .formatted(path.directory()));
    }
  }

  private void stage(StagePlan plan, Volume volume) throws IOException {
    Pool pool = volume.pool();
    String name = volume.entry().imageName();
    String imageId = pool.imageId(name).orElseThrow(() -> Volumes.missing(plan.volumeId()));
    ImageHeader header =
        pool.imageHeader(imageId).orElseThrow(() -> Volumes.missing(plan.volumeId()));
    MapRequest request =
        fence.fenced(
            MapRequest.of(volume, plan.volumeId(), imageId, plan.readOnly(), plan.context())
                .withKernelOptions(settings.crushLocation().options(volume.opened().config())));
    Optional<Devices.Held> held = held(plan, request);
    held.ifPresent(device -> requireSame(device, request, plan));
    Optional<Mount> mounted = mounts.at(plan.path().mountPoint());
    if (mounted.isPresent()) {
      requireOurs(mounted.get(), held, plan);
      held.ifPresent(device -> goOnMounted(plan, device.device(), volume, imageId));
      return;
    }
    if (held.isPresent()) {
      writeStash(plan, request, held.get().mapper());
      writeDevice(plan, request, held.get());
      requireAlone(plan, volume, request, held.get().device());
      goOnWith(held.get().device(), volume, imageId);
      requireAlone(plan, volume, request, held.get().device());
      mount(plan, held.get().resized(header.sizeBytes()).device());
    } else {
      mapAndMount(plan, volume, request, header.features());
    }
  }

  /** The device that shows the image already; with a new process when its own has ended. */
  private Optional<Devices.Held> held(StagePlan plan, MapRequest request) throws IOException {
    Optional<Devices.Held> held = devices.of(request.image());
    if (held.isPresent() || devices.lost().isEmpty()) {
      return held;
    }
    return devices
        .lost(plan.volumeId(), Stash.read(plan.path().directory()))
        .map(lost -> lost.revived(request));
  }

  /**
   * Refuses a device that an earlier call has made and not mounted, where another node has the
   * volume: it may have been detached from this one since. Looked for twice, as after a mapping.
   */
  private void requireAlone(
      StagePlan plan, Volume volume, MapRequest request, MappedDevice device) {
    if (!plan.shared()) {
      fence.requireNoOther(volume, request.imageId());
      ImageInUse.refuseBeside(volume, request.image(), device.client());
    }
  }

  private void goOnMounted(StagePlan plan, MappedDevice device, Volume volume, String imageId) {
    goOnWith(device, volume, imageId);
    if (!plan.block()) {
      filesystem.growMounted(plan, device);
    }
  }

  private void goOnWith(MappedDevice device, Volume volume, String imageId) {
    fence.requireUnfenced(volume, device);
    fence.remember(volume, imageId, device);
  }

  private void mount(StagePlan plan, MappedDevice device) {
    if (plan.block()) {
      block.mount(plan, device);
    } else {
      filesystem.mount(plan, device);
    }
  }

  private static void writeStash(StagePlan plan, MapRequest request, Mapper mapper)
      throws IOException {
    mapper.stash(request.image(), plan.context()).write(plan.path().directory());
  }

  /** Of a device of rbd-nbd, which the image's name does not lead to when its process has ended. */
  private static void writeDevice(StagePlan plan, MapRequest request, Devices.Held held)
      throws IOException {
    Stash stash = held.mapper().stash(request.image(), plan.context());
    if (stash.nbd()) {
      stash.with(held.device().path()).write(plan.path().directory());
    }
  }

  private void mapAndMount(StagePlan plan, Volume volume, MapRequest request, long features)
      throws IOException {
    Mapper mapper =
        devices.mapper(
            plan.context().getOrDefault(ClassParameter.MOUNTER.key(), settings.mounter()),
            GoBoolean.of(ClassParameter.TRY_OTHER_MOUNTERS, plan.context()),
            features);
    devices.clear(request.image()); // a mapping that was cut off may still hold the image
    if (!plan.shared()) {
      fence.requireNoOther(volume, request.imageId());
      if (volume.pool().imageWatched(request.imageId())) {
        ImageInUse.refuse(volume, request.image(), 0);
      }
    }
    Set<String> before = fence.watchers(volume, request.imageId());
    writeStash(plan, request, mapper);
    var held = new Devices.Held(mapper, mapOrUndo(mapper, plan, request));
    try {
      requireStillThere(volume, request);
      writeDevice(plan, request, held);
      // Before the looks: who comes later sees one of both.
      fence.remember(volume, request.imageId(), held.device(), before);
      if (!plan.shared()) {
        // Two nodes may have looked before either mapped; both see it now, and refuse.
        ImageInUse.refuse(volume, request.image(), 1);
        fence.requireNoOther(volume, request.imageId());
      }
      mount(plan, held.device());
    } catch (RuntimeException e) {
      throw Undo.after(e, () -> undo(plan, volume, request.imageId(), held));
    } catch (IOException e) {
      throw Undo.after(
          new UncheckedIOException("stage " + plan.volumeId(), e),
          () -> undo(plan, volume, request.imageId(), held));
    }
  }

  /**
   * Images are mapped by name. If the name led to the image that was looked at before and leads to
   * it now, the device shows that one, and not one that got the name in between.
   *
   * @throws CsiException.Aborted when the image was renamed, moved to the trash or replaced
   */
  private static void requireStillThere(Volume volume, MapRequest request) {
    String now = volume.pool().imageId(request.image().image()).orElse("none");
    if (!now.equals(request.imageId())) {
      throw new CsiException.Aborted(
          "image %s was replaced or taken away while it was mapped (its id was %s, now it is %s): ask again"
              .formatted(request.image(), request.imageId(), now));
    }
  }

  private static MappedDevice mapOrUndo(Mapper mapper, StagePlan plan, MapRequest request) {
    try (var _ = Phase.MAP.begin()) {
      return mapper.map(request);
    } catch (RuntimeException e) {
      throw Undo.after(e, () -> removeStash(plan));
    }
  }

  private void undo(StagePlan plan, Volume volume, String imageId, Devices.Held held) {
    held.unmap("");
    fence.forget(volume, imageId);
    removeStash(plan);
  }

  private static void removeStash(StagePlan plan) {
    try {
      Stash.remove(plan.path().directory());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A device may be used again only if it is the same image of the same cluster in the same mode.
   */
  private static void requireSame(Devices.Held held, MapRequest request, StagePlan plan) {
    MappedDevice device = held.device();
    if (!held.mapper().shows(device, request)) {
      throw new CsiException.FailedPrecondition(
          "%s shows another image called %s (id %s in cluster %s, not %s in %s): unmap it by hand"
              .formatted(
                  device.path(),
                  device.image(),
                  device.imageId(),
                  device.fsid(),
                  request.imageId(),
                  request.fsid()));
    }
    if (device.readOnly() != plan.readOnly()) {
      throw new CsiException.AlreadyExists(
          "volume %s is mapped %s at %s and asked for %s: unstage it first"
              .formatted(
                  plan.volumeId(), mode(device.readOnly()), device.path(), mode(plan.readOnly())));
    }
  }

  private void requireOurs(Mount mount, Optional<Devices.Held> held, StagePlan plan) {
    boolean ours = held.isPresent() && devices.isShownBy(mount, held.get().device());
    if (!ours) {
      throw new CsiException.FailedPrecondition(
          "%s is mounted at %s, which is not volume %s: unmount it first"
              .formatted(mount.source(), mount.path(), plan.volumeId()));
    }
    String shape = mount.isDeviceNode() ? "block" : mount.filesystem();
    if (!shape.equals(plan.shape())) {
      throw new CsiException.AlreadyExists(
          "volume %s is staged as %s and asked for as %s: unstage it first"
              .formatted(plan.volumeId(), shape, plan.shape()));
    }
  }

  private static String mode(boolean readOnly) {
    return readOnly ? "read-only" : "read-write";
  }
}
