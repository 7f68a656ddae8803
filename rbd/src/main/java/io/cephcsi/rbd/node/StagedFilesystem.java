package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** The filesystem of a volume below its staging path. */
record StagedFilesystem(Filesystems filesystems, Mounts mounts) {
  /**
   * Mounts the device's filesystem; makes one first when nothing at all is on the device, and never
   * otherwise; grows it when the device is larger.
   */
  void mount(StagePlan plan, MappedDevice device) {
    Optional<String> found = filesystems.on(device.path());
    found.ifPresent(type -> requireType(type, plan, device));
    if (found.isEmpty()) {
      make(plan, device);
    } else if (!device.readOnly()) {
      filesystems.check(device.path());
    }
    mountChecked(plan, device);
  }

  private static void requireType(String found, StagePlan plan, MappedDevice device) {
    if (!found.equals(plan.filesystem())) {
      throw new CsiException.FailedPrecondition(
          "image %s holds %s, not %s: it is left as it is; ask for that filesystem, or remove the data by hand"
              .formatted(device.image(), found, plan.filesystem()));
    }
  }

  private void make(StagePlan plan, MappedDevice device) {
    if (device.readOnly()) {
      throw new CsiException.FailedPrecondition(
          "image %s is empty and mapped read-only: write to it before it is read"
              .formatted(device.image()));
    }
    filesystems.make(plan.filesystem(), device.path(), plan.mkfsOptions());
  }

  private void mountChecked(StagePlan plan, MappedDevice device) {
    boolean grow = !device.readOnly() && filesystems.smallerThan(device.sizeBytes(), device.path());
    Path mountPoint = makeMountPoint(plan.path());
    try {
      mounts.mount(plan.filesystem(), device.path(), mountPoint, plan.mountOptions());
      if (grow) {
        filesystems.grow(plan.filesystem(), device.path(), mountPoint);
      }
    } catch (CommandFailed e) {
      throw Undo.after(e, () -> takeBack(mountPoint));
    }
  }

  /** What a call left undone that was cut off behind its mount. */
  void growMounted(StagePlan plan, MappedDevice device) {
    if (!device.readOnly() && filesystems.smallerThan(device.sizeBytes(), device.path())) {
      filesystems.grow(plan.filesystem(), device.path(), plan.path().mountPoint());
    }
  }

  private static Path makeMountPoint(StagedPath path) {
    try {
      if (!Files.isDirectory(path.mountPoint())) {
        Files.createDirectory(
            path.mountPoint(),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
      }
      return path.mountPoint();
    } catch (IOException e) {
      throw new CsiException.FailedPrecondition(
          "mount point %s cannot be made (%s): see what lies there, and this node's disk"
              .formatted(path.mountPoint(), e));
    }
  }

  private void takeBack(Path mountPoint) {
    mounts.unmount(mountPoint);
    try {
      Files.deleteIfExists(mountPoint);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
