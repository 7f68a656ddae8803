package io.cephcsi.csi.host;

import java.nio.file.Path;
import java.util.Set;

/**
 * One line of the kernel's mount table.
 *
 * @param path where it is mounted
 * @param device the device's numbers as {@code major:minor}, the same for all mounts of a
 *     filesystem
 * @param filesystem its type, {@code ext4} say
 * @param source what was mounted, {@code /dev/rbd0} say
 * @param options of this mount and of the filesystem
 */
public record Mount(
    Path path, String device, String filesystem, String source, Set<String> options) {
  public Mount {
    options = Set.copyOf(options);
  }

  /** Whether nothing can be written through it. */
  public boolean readOnly() {
    return options.contains("ro");
  }
}
