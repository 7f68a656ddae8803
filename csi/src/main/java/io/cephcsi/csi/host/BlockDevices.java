package io.cephcsi.csi.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel says of block devices, from sysfs: no device is opened. */
public final class BlockDevices {
  private static final int SECTOR = 512;

  private final Path sysfs;

  /**
   * @param sysfs normally {@code /sys}
   */
  public BlockDevices(Path sysfs) {
    this.sysfs = sysfs;
  }

  /** The device's numbers as {@code major:minor}; as {@link Mount#device} has them. */
  public String numbers(Path device) {
    return attribute(device, "dev");
  }

  /** The device's size in bytes. */
  public long sizeBytes(Path device) {
    return Long.parseLong(attribute(device, "size")) * SECTOR;
  }

  /** Whether the device refuses writes. */
  public boolean readOnly(Path device) {
    return attribute(device, "ro").equals("1");
  }

  private String attribute(Path device, String name) {
    Path file = sysfs.resolve("class/block").resolve(device.getFileName()).resolve(name);
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("read " + file, e);
    }
  }
}
