package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A block volume below its staging path: the device's node, mounted on an empty file. */
record StagedBlockDevice(Mounts mounts) {
  void mount(StagePlan plan, MappedDevice device) {
    Path file = plan.path().mountPoint();
    make(file);
    try {
      mounts.bind(device.path(), file, List.of());
    } catch (CommandFailed e) {
      throw Undo.after(e, () -> remove(file));
    }
  }

  /** Makes the empty file to mount on; whether it was missing. */
  static boolean make(Path file) {
    try {
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      Files.createDirectories(file.getParent());
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      return true;
    } catch (IOException e) {
      throw new CsiException.FailedPrecondition(
          "%s cannot be made a file: %s (%s)"
              .formatted(file, e.getMessage(), e.getClass().getSimpleName()));
    }
  }

  private static void remove(Path file) {
    try {
      MountPoint.remove(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
