package io.cephcsi.rbd.node;

import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.MemoryMountTable;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * A node in memory: its mount table, what is on its devices, and the tools that change them. Counts
 * the commands and can fail any of them.
 */
final class MemoryNode implements Commands {
  final List<String> commands = Collections.synchronizedList(new ArrayList<>());
  final Map<String, String> contents = new TreeMap<>();
  private final MemoryMountTable table;
  private final Path sysfs;
  private volatile String failing = "";
  private volatile String hanging = "";
  private final CountDownLatch answers = new CountDownLatch(1);

  MemoryNode(Path directory) throws IOException {
    table = new MemoryMountTable(directory);
    sysfs = Files.createDirectories(directory.resolve("sys"));
  }

  Mounts mounts() {
    return table.mounts(this);
  }

  Path sysfs() {
    return sysfs;
  }

  /** Every command that starts so fails from now on; none for an empty text. */
  void fail(String start) {
    failing = start;
  }

  /** Every command that starts so hangs from now on, until {@link #answer}. */
  void hang(String start) {
    hanging = start;
  }

  /** Lets what hangs go on. */
  void answer() {
    hanging = "";
    answers.countDown();
  }

  /** Takes a device away, whoever uses it. */
  void vanish(Path device) {
    try {
      Path folder = sysfs.resolve("class/block").resolve(device.getFileName());
      for (String attribute : List.of("dev", "size", "ro", "stat")) {
        Files.delete(folder.resolve(attribute));
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets the filesystem of a device meet errors, as ext4 counts them. */
  void filesystemErrors(Path device, int count) {
    try {
      Path folder = sysfs.resolve("fs/ext4").resolve(device.getFileName());
      Files.writeString(Files.createDirectories(folder).resolve("errors_count"), count + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets all filesystems take no more writes, as after an error. */
  void turnReadOnly() {
    table.change(
        lines -> lines.replaceAll(line -> line.replaceFirst(" rw$", " ro,errors=remount-ro")));
  }

  /** Adds or changes a block device. */
  void device(Path device, int minor, long bytes) {
    try {
      Path folder = sysfs.resolve("class/block").resolve(device.getFileName());
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("dev"), "251:" + minor + "\n");
      Files.writeString(folder.resolve("size"), bytes / 512 + "\n");
      Files.writeString(folder.resolve("ro"), "0\n");
      Files.writeString(folder.resolve("stat"), "  10 0 80 25 4 0 16 1500 2 0 0 0 0 0 0 0 0\n");
      Files.write(device, new byte[8192]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Outcome run(List<String> command, byte[] input, Duration deadline) {
    String line = String.join(" ", command);
    commands.add(line);
    if (!failing.isEmpty() && line.startsWith(failing)) {
      return new Outcome(32, "", "told to fail");
    }
    if (!hanging.isEmpty() && line.startsWith(hanging)) {
      await();
    }
    return switch (command.getFirst()) {
      case "blkid" -> blkid(command.getLast());
      case "mkfs.ext4", "mkfs.xfs" -> mkfs(command);
      case "mount" -> mount(command);
      case "umount" -> umount(command.getLast());
      case "stat" -> new Outcome(0, "4096 100 40 30 1000 900\n", "");
      default -> new Outcome(0, "", "");
    };
  }

  private void await() {
    try {
      answers.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Outcome blkid(String device) {
    String type = contents.get(device);
    return type == null ? new Outcome(2, "", "") : new Outcome(0, "TYPE=" + type + "\n", "");
  }

  private Outcome mkfs(List<String> command) {
    contents.put(command.getLast(), command.getFirst().substring("mkfs.".length()));
    return new Outcome(0, "", "");
  }

  private Outcome mount(List<String> command) {
    String target = command.getLast();
    if (command.contains("--bind")) {
      String source = command.get(command.size() - 2);
      boolean readOnly = command.contains("-o") && command.get(3).contains("ro");
      String mode = readOnly ? "ro" : "rw";
      mounts()
          .at(Path.of(source))
          .ifPresentOrElse(
              m -> add(target, m.device(), m.root(), m.filesystem(), m.source(), mode),
              () -> add(target, "0:6", "/" + name(source), "devtmpfs", "udev", mode));
    } else if (command.contains("-t")) {
      String device = command.get(command.size() - 2);
      String mode = command.get(4).contains("ro") ? "ro" : "rw";
      add(target, numbers(device), "/", command.get(2), device, mode);
    }
    return new Outcome(0, "", "");
  }

  /** As if somebody else had mounted something. */
  void add(String target, String device, String type, String source, String mode) {
    add(target, device, "/", type, source, mode);
  }

  private void add(
      String target, String device, String root, String type, String source, String mode) {
    table.add(
        target, new Mount(Path.of(target), device, root, type, source, Set.of(), false), mode);
  }

  private static String name(String path) {
    return String.valueOf(Path.of(path).getFileName());
  }

  private Outcome umount(String target) {
    table.remove(target);
    return new Outcome(0, "", "");
  }

  private String numbers(String device) {
    try {
      return Files.readString(
              sysfs.resolve("class/block").resolve(Path.of(device).getFileName()).resolve("dev"))
          .strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
