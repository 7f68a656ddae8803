package io.cephcsi.rbd.node;

import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodePublishVolumeResponse;
import csi.v1.VolumeCapability.AccessMode;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Shows a staged volume at a pod's path, by a bind mount. */
record NodePublishVolume(Mounts mounts, NameLocks names)
    implements Call<NodePublishVolumeRequest, NodePublishVolumeResponse> {

  @Override
  public NodePublishVolumeResponse answer(NodePublishVolumeRequest request) {
    if (request.getVolumeId().isEmpty()) {
      throw new CsiException.InvalidArgument("volume_id is missing");
    }
    Path target = StagedPath.absolute("target_path", request.getTargetPath());
    requireCapability(request);
    if (request.getStagingTargetPath().isEmpty()) {
      throw new CsiException.FailedPrecondition(
          "staging_target_path is missing: a volume must be staged before it is published");
    }
    StagedPath staged = StagedPath.of(request.getStagingTargetPath(), request.getVolumeId());
    try (var _ = names.hold(request.getVolumeId())) {
      publish(request, staged.mountPoint(), target);
      return NodePublishVolumeResponse.getDefaultInstance();
    }
  }

  private static void requireCapability(NodePublishVolumeRequest request) {
    if (!request.hasVolumeCapability()) {
      throw new CsiException.InvalidArgument("volume_capability is missing");
    }
  }

  private void publish(NodePublishVolumeRequest request, Path source, Path target) {
    Mount staged =
        mounts
            .at(source)
            .orElseThrow(() ->
                new CsiException.FailedPrecondition(
                    "volume %s is not staged: nothing is mounted at %s"
                        .formatted(request.getVolumeId(), source)));
    requireShape(request, staged);
    Optional<Mount> there = mounts.at(target);
    if (there.isPresent()) {
      requireSame(there.get(), staged, request);
      return;
    }
    requireSingle(request, staged, target);
    boolean made = staged.isDeviceNode() ? StagedBlockDevice.make(target) : makeTarget(target);
    try {
      mounts.bind(source, target, options(request));
    } catch (CommandFailed e) {
      throw made ? Undo.after(e, () -> removeTarget(target)) : e;
    }
  }

  private static void requireShape(NodePublishVolumeRequest request, Mount staged) {
    if (request.getVolumeCapability().hasBlock() != staged.isDeviceNode()) {
      throw new CsiException.InvalidArgument(
          "volume %s is staged as %s: publish it as that, or unstage it first"
              .formatted(request.getVolumeId(), staged.isDeviceNode() ? "block" : "a filesystem"));
    }
  }

  private static List<String> options(NodePublishVolumeRequest request) {
    List<String> options =
        new ArrayList<>(request.getVolumeCapability().getMount().getMountFlagsList());
    if (request.getReadonly()) {
      options.add("ro");
    }
    return options;
  }

  private static void requireSame(Mount there, Mount staged, NodePublishVolumeRequest request) {
    if (!there.showsSame(staged)) {
      throw new CsiException.FailedPrecondition(
          "%s is mounted at %s, which is not volume %s: unmount it first"
              .formatted(there.source(), there.path(), request.getVolumeId()));
    }
    boolean readOnly = request.getReadonly() || staged.readOnly();
    if (there.readOnly() != readOnly) {
      throw new CsiException.AlreadyExists(
          "volume %s is published at %s already, but %s: unpublish it first"
              .formatted(
                  request.getVolumeId(),
                  there.path(),
                  there.readOnly() ? "read-only" : "read-write"));
    }
  }

  /** A volume for one writer is at one place only. */
  private void requireSingle(NodePublishVolumeRequest request, Mount staged, Path target) {
    AccessMode.Mode mode = request.getVolumeCapability().getAccessMode().getMode();
    if (mode != AccessMode.Mode.SINGLE_NODE_SINGLE_WRITER) {
      return;
    }
    mounts.all().stream()
        .filter(m -> m.showsSame(staged))
        .filter(m -> !m.path().equals(staged.path()) && !m.path().equals(target))
        .findFirst()
        .ifPresent(other -> refuseSecond(request, other));
  }

  private static void refuseSecond(NodePublishVolumeRequest request, Mount other) {
    throw new CsiException.FailedPrecondition(
        "volume %s is for a single writer and published at %s: unpublish it there first"
            .formatted(request.getVolumeId(), other.path()));
  }

  private static void removeTarget(Path target) {
    try {
      MountPoint.remove(target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether it made it. */
  private static boolean makeTarget(Path target) {
    try {
      boolean missing = !Files.isDirectory(target);
      if (missing) {
        Files.createDirectories(target.getParent());
        Files.createDirectory(
            target,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
      }
      return missing;
    } catch (IOException e) {
      throw new CsiException.FailedPrecondition(
          "target_path %s cannot be made a directory: %s (%s)"
              .formatted(target, e.getMessage(), e.getClass().getSimpleName()));
    }
  }
}
