package io.cephcsi.csi.host;

import csi.v1.NodePublishVolumeRequest;
import csi.v1.VolumeCapability.AccessMode;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.Undo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Shows a staged volume at a pod's path, by a bind mount. */
public final class Publication {
  private final Mounts mounts;

  public Publication(Mounts mounts) {
    this.mounts = mounts;
  }

  /**
   * The pod's path in a request that has all that it must have.
   *
   * @throws CsiException.InvalidArgument when something is missing or wrong
   * @throws CsiException.FailedPrecondition when there is no staging path
   */
  public static Path target(NodePublishVolumeRequest request) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    Path target = RequestPath.absolute("target_path", request.getTargetPath());
    RequiredField.require("volume_capability", request.hasVolumeCapability());
    if (request.getStagingTargetPath().isEmpty()) {
      throw new CsiException.FailedPrecondition(
          "staging_target_path is missing: the caller must stage the volume before it publishes it");
    }
    return target;
  }

  /**
   * What is staged.
   *
   * @throws CsiException.FailedPrecondition when nothing is
   */
  public Mount staged(NodePublishVolumeRequest request, Path source) {
    return mounts
        .at(source)
        .orElseThrow(() ->
            new CsiException.FailedPrecondition(
                "volume %s is not staged, nothing is mounted at %s: delete its pod, so that it is staged anew"
                    .formatted(request.getVolumeId(), source)));
  }

  /**
   * Shows what is staged at the target; what is there already is no error if it is the same.
   *
   * @throws CsiException.FailedPrecondition when something else is there, or a volume for a single
   *     writer is published elsewhere
   * @throws CsiException.AlreadyExists when it is there in the other mode
   */
  public void show(NodePublishVolumeRequest request, Mount staged, Path target) {
    Optional<Mount> there = mounts.at(target);
    if (there.isPresent()) {
      requireSame(there.get(), staged, request);
      return;
    }
    requireSingle(request, staged, target);
    boolean made =
        staged.isDeviceNode() ? MountPoint.makeFile(target) : MountPoint.makeDirectory(target);
    try {
      mounts.bind(staged.path(), target, options(request));
    } catch (CommandFailed e) {
      throw made ? Undo.after(e, () -> remove(target)) : e;
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

  private static void remove(Path target) {
    try {
      MountPoint.remove(target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
