package io.cephcsi.csi.host;

import java.nio.file.Path;
import java.util.Set;

/**
 * One line of the kernel's mount table.
 *
 * @param path where it is mounted
 * @param device the device's numbers as {@code major:minor}, the same for all mounts of a
 *     filesystem
 * @param root what of the filesystem is mounted: {@code /} is all of it, a file is itself
 * @param filesystem its type, {@code ext4} say
 * @param source what was mounted, {@code /dev/rbd0} say
 * @param options of this mount and of the filesystem
 * @param turnedReadOnly whether the filesystem takes no more writes though it was mounted for them,
 *     as ext4 does after an error
 */
public record Mount(
    Path path,
    String device,
    String root,
    String filesystem,
    String source,
    Set<String> options,
    boolean turnedReadOnly) {
  private static final Set<String> OF_DEVICE_NODES = Set.of("devtmpfs", "tmpfs");

  public Mount {
    options = Set.copyOf(options);
  }

  /** Whether both show the same thing. */
  public boolean showsSame(Mount other) {
    return device.equals(other.device) && root.equals(other.root);
  }

  /** Whether a device node is mounted, as block volumes are. */
  public boolean isDeviceNode() {
    return OF_DEVICE_NODES.contains(filesystem) && !root.equals("/");
  }

  /** Whether it is the node of that device: {@code /dev/rbd0} is mounted as {@code /rbd0}. */
  public boolean isNodeOf(Path blockDevice) {
    return isDeviceNode() && root.endsWith("/" + blockDevice.getFileName());
  }

  /** Whether nothing can be written through it. */
  public boolean readOnly() {
    return options.contains("ro");
  }
}
