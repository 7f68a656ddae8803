package io.cephcsi.rbd.node;

import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.KernelKeyring;
import io.cephcsi.ceph.NetNamespace;
import io.cephcsi.cluster.KernelMonitors;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Maps by the kernel's own RBD client, through sysfs; no child process. */
final class KernelMapper implements Mapper {
  private static final Duration MODPROBE = Duration.ofSeconds(20);
  private static final Duration BUSY = Duration.ofSeconds(2);
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final Set<String> COMMAND_OPTIONS = Set.of("", "udev", "noudev");

  private final Path sysfs;
  private final Commands commands;
  private final BlockDevices blockDevices;

  /**
   * @param sysfs normally {@code /sys}
   */
  KernelMapper(Path sysfs, Commands commands) {
    this.sysfs = sysfs;
    this.commands = commands;
    this.blockDevices = new BlockDevices(sysfs);
  }

  @Override
  public String name() {
    return "rbd";
  }

  @Override
  public String trouble(long features) {
    if (!Files.isDirectory(bus())) {
      load();
    }
    if (!Files.isDirectory(bus())) {
      return "its kernel has no rbd";
    }
    long missing = features & ~supported();
    return missing == 0
        ? ""
        : "its kernel lacks image features "
            + String.join(",", Feature.of(missing).stream().map(Feature::text).toList());
  }

  /** A kernel that does not tell what it has is given the image, and may refuse it. */
  private long supported() {
    Path file = bus().resolve("supported_features");
    return Files.exists(file) ? Long.decode(read(file)) : -1;
  }

  private void load() {
    try {
      var _ = commands.run(List.of("modprobe", "rbd"), new byte[0], MODPROBE);
    } catch (CommandFailed e) {
      // no modprobe is no rbd
    }
  }

  private Path bus() {
    return sysfs.resolve("bus/rbd");
  }

  @Override
  public MappedDevice map(MapRequest request) {
    try {
      add(request);
    } catch (IOException e) {
      throw refused(request, e);
    }
    return devices().stream()
        .filter(d -> shows(d, request))
        .findFirst()
        .orElseThrow(() -> replaced(request));
  }

  /** An image that got the name just before the kernel looked is not the one that was asked for. */
  private CsiException replaced(MapRequest request) {
    List<MappedDevice> others =
        devices().stream()
            .filter(d -> d.image().equals(request.image()) && d.fsid().equals(request.fsid()))
            .toList();
    others.forEach(other -> unmap(other, ""));
    return others.isEmpty()
        ? new CsiException.Unavailable(
            "the kernel has mapped %s but shows no device of it: see the node's log (dmesg), the call can be repeated"
                .formatted(request.image()),
            null)
        : new CsiException.Aborted(
            "image %s was replaced while it was mapped (its id was %s, now it is %s): ask again"
                .formatted(request.image(), request.imageId(), others.getFirst().imageId()));
  }

  private void add(MapRequest request) throws IOException {
    if (request.netNamespace().isEmpty()) {
      write("add_single_major", "add", line(request));
    } else {
      // Also the keyring and the monitors' names are the thread's in there.
      new NetNamespace(Path.of(request.netNamespace()))
          .run(() -> write("add_single_major", "add", line(request)));
    }
  }

  /**
   * {@code <monitors> <options> <pool> <image> <snapshot>}; see
   * Documentation/ABI/testing/sysfs-bus-rbd.
   */
  private static String line(MapRequest request) {
    List<String> wished = wished(request);
    var monitors = KernelMonitors.of(request.monitors(), wished);
    List<String> options = new ArrayList<>();
    options.add("name=" + request.credentials().user());
    options.add(secret(request));
    options.addAll(monitors.options());
    options.add(request.readOnly() ? "ro" : "rw");
    if (!request.image().namespace().isEmpty()) {
      options.add("_pool_ns=" + request.image().namespace());
    }
    options.addAll(wished);
    return "%s %s %s %s -"
        .formatted(
            monitors.list(),
            String.join(",", options),
            request.image().pool(),
            request.image().image());
  }

  /** The class's options, without those that are for Ceph's command alone. */
  private static List<String> wished(MapRequest request) {
    return request.options().kernelOptions().stream()
        .filter(option -> !COMMAND_OPTIONS.contains(option))
        .toList();
  }

  /** The key by way of the kernel's keyring, where it is not shown again; else directly. */
  private static String secret(MapRequest request) {
    String name = "cephcsi." + request.fsid() + "." + request.credentials().user();
    return KernelKeyring.add(name, request.credentials().key())
        ? "key=" + name
        : "secret=" + request.credentials().key();
  }

  private CsiException refused(MapRequest request, IOException e) {
    String why = String.valueOf(e.getMessage());
    String rest = "";
    if (why.contains("network namespace")) {
      rest = ": the driver must be privileged, and the file stand for a network namespace";
    } else if (why.contains("No such device or address")) {
      rest =
          ": the image has features that this kernel lacks (it has %s): choose fewer imageFeatures, or mounter: userspace"
              .formatted(read(bus().resolve("supported_features")));
    } else if (why.contains("Invalid argument")) {
      rest = ", mapOptions and the key in the secret";
    } else if (why.contains("timed out")) {
      rest =
          ", and whether the monitors %s can be reached from this node"
              .formatted(request.monitors());
    } else if (why.contains("not permitted") || why.contains("Permission denied")) {
      rest = ", the user's key in the secret and its caps in the cluster";
    }
    return new CsiException.FailedPrecondition(
        "the kernel does not map image %s: %s; see the kernel's log (dmesg)%s"
            .formatted(request.image(), why, rest));
  }

  @Override
  public List<MappedDevice> devices() {
    Path devices = bus().resolve("devices");
    if (!Files.isDirectory(devices)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(devices)) {
      return entries.flatMap(entry -> device(entry).stream()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("list " + devices, e);
    }
  }

  /** The device of a sysfs entry; empty for one of a snapshot, or one that just goes away. */
  private Optional<MappedDevice> device(Path entry) {
    try {
      if (!read(entry.resolve("current_snap")).equals("-")) {
        return Optional.empty();
      }
      Path path = Path.of("/dev", "rbd" + entry.getFileName());
      return Optional.of(
          new MappedDevice(
                  read(entry.resolve("cluster_fsid")),
                  new ImageSpec(
                      read(entry.resolve("pool")),
                      read(entry.resolve("pool_ns")),
                      read(entry.resolve("name"))),
                  read(entry.resolve("image_id")),
                  path,
                  blockDevices.readOnly(path),
                  blockDevices.sizeBytes(path))
              .withClient(client(entry)));
    } catch (UncheckedIOException e) {
      return Optional.empty();
    }
  }

  /** Kernels before 4.12 do not tell. */
  private static String client(Path entry) {
    Path file = entry.resolve("client_addr");
    return Files.exists(file) ? read(file) : "";
  }

  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("read " + file, e);
    }
  }

  @Override
  public void unmap(MappedDevice device, String options) {
    String id = device.path().getFileName().toString().substring("rbd".length());
    String line = List.of(options.split(",", -1)).contains("force") ? id + " force" : id;
    var busy = new Patience(BUSY, PAUSE);
    while (true) {
      try {
        write("remove_single_major", "remove", line);
        return;
      } catch (IOException e) {
        if (!Files.exists(bus().resolve("devices").resolve(id))) {
          return;
        }
        if (!busy.pauses()) {
          throw new CsiException.FailedPrecondition(
              "%s, which shows image %s, cannot be unmapped: %s; see who has it open or mounted"
                  .formatted(device.path(), device.image(), e.getMessage()));
        }
      }
    }
  }

  @Override
  public void clear(ImageSpec image) {
    // the kernel leaves nothing half mapped
  }

  @Override
  public MappedDevice resize(MappedDevice device, long sizeBytes, Duration patience) {
    String id = device.path().getFileName().toString().substring("rbd".length());
    Path refresh = bus().resolve("devices").resolve(id).resolve("refresh");
    var left = new Patience(patience, PAUSE);
    while (blockDevices.sizeBytes(device.path()) < sizeBytes) {
      if (!left.pauses()) {
        throw new CsiException.Unavailable(
            "%s keeps its old size: image %s may not have grown yet, see the node's log (dmesg), the call can be repeated"
                .formatted(device.path(), device.image()),
            null);
      }
      try {
        write(refresh, "1"); // it learns of the new size by itself, but not at once
      } catch (IOException e) {
        // the next look tells
      }
    }
    return device.withSize(blockDevices.sizeBytes(device.path()));
  }

  private void write(String name, String oldName, String line) throws IOException {
    Path file = bus().resolve(name);
    write(Files.exists(file) ? file : bus().resolve(oldName), line);
  }

  /** One write: the kernel takes each as a command of its own. */
  private static void write(Path file, String line) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      var _ = channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
    }
  }
}
