package io.cephcsi.rbd.node;

import io.cephcsi.csi.Undo;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.MountPoint;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** A block volume below its staging path: the device's node, mounted on an empty file. */
record StagedBlockDevice(Mounts mounts) {
  void mount(StagePlan plan, MappedDevice device) {
    Path file = plan.path().mountPoint();
    var _ = MountPoint.makeFile(file);
    try {
      mounts.bind(device.path(), file, List.of());
    } catch (CommandFailed e) {
      throw Undo.after(e, () -> remove(file));
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
