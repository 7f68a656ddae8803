package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Maps without a kernel that knows RBD: qemu's storage daemon opens the image by librbd and shows
 * it as a file by FUSE, and a loop device makes a block device of the file.
 *
 * <p>The daemon lives on when the driver ends; what it serves is known from its folder.
 */
final class UserspaceMapper implements Mapper {
  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final Path SYSFS = Path.of("/sys");

  private final Commands commands;
  private final Path stateDirectory;
  private final ControlGroup group;
  private final Mounts mounts;
  private final Unused unused;
  private final BlockDevices blockDevices = new BlockDevices(SYSFS);

  /**
   * @param stateDirectory below which each mapped image has a folder; made when it is missing
   * @param group for the storage daemons
   */
  UserspaceMapper(Commands commands, Path stateDirectory, Unused unused, ControlGroup group) {
    this.commands = commands;
    this.stateDirectory = stateDirectory;
    this.group = group;
    this.mounts = new Mounts(commands);
    this.unused = unused;
  }

  @Override
  public String name() {
    return "userspace";
  }

  @Override
  public String trouble(long features) {
    if (!Files.exists(Path.of("/dev/fuse"))) {
      return "there is no /dev/fuse";
    }
    return Stream.of("/usr/bin/qemu-storage-daemon", "/usr/local/bin/qemu-storage-daemon")
            .anyMatch(program -> Files.isExecutable(Path.of(program)))
        ? ""
        : "qemu-storage-daemon is not installed";
  }

  @Override
  public MappedDevice map(MapRequest request) {
    StorageDaemon daemon = StorageDaemon.of(state(), request);
    clear(daemon); // what a mapping that ended badly has left
    try {
      daemon.start(request, commands);
      var _ = group.adopt("qemu-storage-daemon", daemon.pid());
      attach(daemon, request.readOnly());
      return device(daemon).orElseThrow(() -> new IOException("the loop device is gone"));
    } catch (IOException e) {
      throw Undo.after(new UncheckedIOException("map " + request.image(), e), () -> clear(daemon));
    } catch (CommandFailed | CsiException e) {
      throw Undo.after(e, () -> clear(daemon));
    }
  }

  /** The folder's name without links, as the kernel tells it of loop devices and mounts. */
  private Path state() {
    try {
      Files.createDirectories(stateDirectory);
      return stateDirectory.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException("make " + stateDirectory, e);
    }
  }

  private void attach(StorageDaemon daemon, boolean readOnly) {
    List<String> command =
        new ArrayList<>(List.of("losetup", "--find", "--show", "--direct-io=on"));
    if (readOnly) {
      command.add("--read-only");
    }
    command.add(daemon.export().toString());
    var _ = commands.require(command, SHORT);
  }

  @Override
  public List<MappedDevice> devices() {
    return StorageDaemon.all(state()).stream()
        .filter(StorageDaemon::alive)
        .flatMap(daemon -> device(daemon).stream())
        .toList();
  }

  private Optional<MappedDevice> device(StorageDaemon daemon) {
    return loop(daemon)
        .map(path ->
            new MappedDevice(
                daemon.fsid(),
                daemon.image(),
                daemon.imageId(),
                path,
                blockDevices.readOnly(path),
                blockDevices.sizeBytes(path)));
  }

  /** The loop device on the daemon's file. */
  private static Optional<Path> loop(StorageDaemon daemon) {
    String wanted = daemon.export().toString();
    try (Stream<Path> devices = Files.list(SYSFS.resolve("block"))) {
      return devices
          .filter(device -> backing(device).equals(wanted))
          .map(device -> Path.of("/dev").resolve(device.getFileName()))
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException("list block devices", e);
    }
  }

  private static String backing(Path device) {
    try {
      return Files.readString(device.resolve("loop/backing_file")).strip();
    } catch (IOException e) {
      return ""; // not a loop device, or not attached
    }
  }

  @Override
  public void unmap(MappedDevice device, String options) {
    unused.require(device);
    clear(device.image());
  }

  @Override
  public void clear(ImageSpec image) {
    StorageDaemon.all(state()).stream()
        .filter(daemon -> daemon.image().equals(image))
        .forEach(this::clear);
  }

  private void clear(StorageDaemon daemon) {
    loop(daemon).ifPresent(this::detach);
    daemon.end();
    mounts.unmount(daemon.export()); // FUSE leaves its mount behind when its daemon was killed
    daemon.remove();
  }

  private void detach(Path loop) {
    var _ = commands.require(List.of("losetup", "--detach", loop.toString()), SHORT);
  }

  @Override
  public MappedDevice resize(MappedDevice device, long sizeBytes, Duration patience) {
    StorageDaemon daemon =
        StorageDaemon.all(state()).stream()
            .filter(d -> d.image().equals(device.image()) && d.alive())
            .findFirst()
            .orElseThrow(() -> gone(device));
    try {
      daemon.resize(sizeBytes, patience);
    } catch (IOException e) {
      throw new CsiException.Unavailable(
          "%s of image %s does not get its new size (%s): see whether the image is mapped for writing and its cluster answers, the call can be repeated"
              .formatted(device.path(), device.image(), e.getMessage()),
          e);
    }
    var _ = commands.require(List.of("losetup", "--set-capacity", device.path().toString()), SHORT);
    return device(daemon).orElseThrow(() -> gone(device));
  }

  private static CsiException gone(MappedDevice device) {
    return new CsiException.Unavailable(
        "%s of image %s is gone: stage the volume again".formatted(device.path(), device.image()),
        null);
  }
}
