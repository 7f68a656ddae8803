package io.cephcsi.csi.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

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

  /** Whether the kernel has the device. */
  public boolean exists(Path device) {
    return Files.exists(sysfs.resolve("class/block").resolve(device.getFileName()));
  }

  /**
   * How many errors ext4 has met on the device since the last fsck; 0 where there are none, or no
   * mounted ext4. See Documentation/ABI/testing/sysfs-fs-ext4.
   */
  public long filesystemErrors(Path device) {
    Path file = sysfs.resolve("fs/ext4").resolve(device.getFileName()).resolve("errors_count");
    try {
      return Files.exists(file) ? Long.parseLong(Files.readString(file).strip()) : 0;
    } catch (IOException e) {
      return 0; // it was unmounted just now
    }
  }

  /** What the device has done; see Documentation/admin-guide/iostats.rst. */
  public DeviceUse use(Path device) {
    String[] n = attribute(device, "stat").split("\\s+", -1);
    return new DeviceUse(
        Long.parseLong(n[0]),
        Long.parseLong(n[2]) * SECTOR,
        Duration.ofMillis(Long.parseLong(n[3])),
        Long.parseLong(n[4]),
        Long.parseLong(n[6]) * SECTOR,
        Duration.ofMillis(Long.parseLong(n[7])),
        Long.parseLong(n[8]));
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
