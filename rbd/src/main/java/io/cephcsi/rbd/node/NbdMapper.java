package io.cephcsi.rbd.node;

import io.cephcsi.ceph.MemoryFile;
import io.cephcsi.cluster.Monitors;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.KernelVersion;
import io.cephcsi.rbd.ClassParameter;
import io.cephcsi.rbd.MapOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Maps by rbd-nbd: a process with librbd, and the kernel's nbd before it.
 *
 * <p>The process lives on when the driver ends, but not when the driver's container does. The
 * device outlives it for {@code reattach-timeout}, with all reads and writes waiting, so that
 * another process can take its place. The kernel knows no image behind a device; the process's
 * command line tells, and the volume's id, which the device keeps as its cookie.
 */
final class NbdMapper implements Mapper {
  static final String NAME = "rbd-nbd";

  /** Where ceph-csi lets rbd-nbd log. */
  static final String LOG_DIRECTORY = ClassParameter.LOG_DIRECTORY.told().otherwise();

  private static final String PROGRAM = "rbd-nbd";
  private static final Duration SHORT = Duration.ofSeconds(20);
  private static final Duration MAP = Duration.ofMinutes(1);
  private static final Duration UNMAP = Duration.ofMinutes(1);
  private static final long PAUSE_MILLIS = 20;

  /** After that time, and not after five minutes, an unreachable cluster is given up. */
  private static final String MOUNT_TIMEOUT = "--client_mount_timeout=30";

  private static final List<String> DEFAULTS = List.of("reattach-timeout=300", "io-timeout=0");
  private static final ImageSpec UNKNOWN = new ImageSpec("", "", "");

  private final Host host;
  private final Commands commands;
  private final Unused unused;
  private final ControlGroup group;
  private final BlockDevices blockDevices;
  private volatile String help = "";

  /**
   * What of the node it looks at.
   *
   * @param sysfs normally {@code /sys}
   * @param procfs normally {@code /proc}
   * @param cephConf what rbd-nbd reads before its own flags
   * @param patience how long a process or a device that is to go may take
   */
  record Host(Path sysfs, Path procfs, Path cephConf, Sizes sizes, Duration patience) {}

  /** Tells the kernel that a device of that number and cookie has another size. */
  interface Sizes {
    void set(int number, String cookie, long bytes) throws IOException;
  }

  /**
   * @param group for the processes of rbd-nbd
   */
  NbdMapper(Host host, Commands commands, Unused unused, ControlGroup group) {
    this.host = host;
    this.commands = commands;
    this.unused = unused;
    this.group = group;
    this.blockDevices = new BlockDevices(host.sysfs());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String trouble(long features) {
    if (help().isEmpty()) {
      return PROGRAM + " is not installed (package rbd-nbd)";
    }
    if (!loaded()) {
      load();
    }
    return loaded() ? "" : "its kernel has no nbd (modprobe nbd)";
  }

  /** What the program says of itself; asked for until there is an answer. */
  private String help() {
    if (help.isEmpty()) {
      try {
        help = commands.run(List.of(PROGRAM, "--help"), new byte[0], SHORT).out();
      } catch (CommandFailed e) {
        help = "";
      }
    }
    return help;
  }

  private boolean loaded() {
    return Files.isDirectory(host.sysfs().resolve("module/nbd"));
  }

  private void load() {
    try {
      var _ = commands.run(List.of("modprobe", "nbd"), new byte[0], SHORT);
    } catch (CommandFailed e) {
      // no modprobe is no nbd
    }
  }

  @Override
  public Stash stash(ImageSpec image, Map<String, String> context) {
    return Stash.ofNbd(
        image,
        MapOptions.of(ClassParameter.UNMAP_OPTIONS.in(context)).nbd(),
        ClassParameter.LOG_DIRECTORY.in(context),
        ClassParameter.LOG_STRATEGY.in(context));
  }

  @Override
  public MappedDevice map(MapRequest request) {
    List<String> command = List.of("map", request.image().toString());
    String said = run(request, command).strip();
    return made(Path.of(said.isEmpty() ? "/dev/nbd" : said), request);
  }

  @Override
  public MappedDevice revive(MappedDevice device, MapRequest request) {
    List<String> command =
        List.of("attach", request.image().toString(), "--device", device.path().toString());
    var _ = run(request, command);
    return made(device.path(), request);
  }

  private MappedDevice made(Path path, MapRequest request) {
    Path block = block(path);
    process(block, path, read(block.resolve("backend")).orElse(""))
        .ifPresent(process -> group.adopt(PROGRAM, process.pid()));
    return devices().stream()
        .filter(d -> d.path().equals(path) && d.image().equals(request.image()))
        .findFirst()
        .orElseThrow(() ->
            new CsiException.Unavailable(
                "rbd-nbd has mapped %s to %s, but no process of it serves that: see %s"
                    .formatted(request.image(), path, log(request).file()),
                null));
  }

  private String run(MapRequest request, List<String> what) {
    log(request).prepare();
    try (var key = MemoryFile.of(request.credentials().key())) {
      List<String> command = new ArrayList<>(connection(request, key.path()));
      command.addAll(what);
      command.addAll(options(request));
      var outcome = commands.run(request.inNetNamespace(command), new byte[0], MAP);
      if (outcome.exit() != 0) {
        throw new CommandFailed(command, outcome);
      }
      return outcome.out();
    } catch (CommandFailed e) {
      throw new CsiException.FailedPrecondition(
          "image %s is not mapped: %s; see %s, the user's caps in the cluster, and nbd: in mapOptions"
              .formatted(request.image(), e.getMessage(), log(request).file()));
    }
  }

  private static NbdLog log(MapRequest request) {
    String directory = request.logDirectory().isEmpty() ? LOG_DIRECTORY : request.logDirectory();
    return new NbdLog(directory, request.volumeId());
  }

  /**
   * The fsid is for whoever reads the command line later: an image of the same name may be in
   * another cluster, a mirror of this one.
   */
  private List<String> connection(MapRequest request, Path key) {
    Path conf = Files.isReadable(host.cephConf()) ? host.cephConf() : Path.of("/dev/null");
    return List.of(
        PROGRAM,
        "--conf",
        conf.toString(),
        "--id",
        request.credentials().user(),
        "-m",
        request.monitors(),
        "--keyfile=" + key,
        "--fsid=" + request.fsid(),
        MOUNT_TIMEOUT,
        "--log-file",
        log(request).file().toString());
  }

  private List<String> options(MapRequest request) {
    List<String> wished = request.options().nbdOptions();
    Set<String> names = new HashSet<>();
    wished.forEach(option -> names.add(option.split("=", 2)[0]));
    List<String> options = new ArrayList<>();
    if (!names.contains("try-netlink")) {
      options.add("--try-netlink");
    }
    DEFAULTS.stream()
        .filter(option -> !names.contains(option.split("=", 2)[0]))
        .forEach(option -> options.add("--" + option));
    if (keepsCookies() && !names.contains("cookie")) {
      options.add("--cookie=" + request.volumeId());
    }
    wished.forEach(option -> options.add("--" + option));
    if (request.readOnly() && !names.contains("read-only")) {
      options.add("--read-only");
    }
    return options;
  }

  private boolean keepsCookies() {
    String release = read(host.procfs().resolve("sys/kernel/osrelease")).orElse("");
    return KernelVersion.of(release).keepsCookies() && help().contains("--cookie");
  }

  @Override
  public List<MappedDevice> devices() {
    List<MappedDevice> devices = new ArrayList<>();
    for (Path block : configured()) {
      device(block).ifPresent(devices::add);
    }
    return devices;
  }

  @Override
  public List<MappedDevice> lost() {
    return devices().stream().filter(device -> !device.served()).toList();
  }

  /** What the kernel tells of a device. */
  private Path block(Path device) {
    return host.sysfs().resolve("block").resolve(device.getFileName());
  }

  /** The devices in use; a node without nbd pays one look for it. */
  private List<Path> configured() {
    List<Path> configured = new ArrayList<>();
    if (!loaded()) {
      return configured;
    }
    Path folder = host.sysfs().resolve("block");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "nbd*")) {
      for (Path entry : entries) {
        if (Files.exists(entry.resolve("pid"))) {
          configured.add(entry);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("list " + folder, e);
    }
    return configured;
  }

  /** Empty for one that just goes away, one of a snapshot, or of another program. */
  private Optional<MappedDevice> device(Path block) {
    Path path = Path.of("/dev").resolve(block.getFileName());
    try {
      String cookie = read(block.resolve("backend")).orElse("");
      Optional<NbdProcess> process = process(block, path, cookie);
      if (process.isEmpty() && aliveBehind(block)) {
        return Optional.empty();
      }
      return Optional.of(
          new MappedDevice(
              process.map(p -> p.option("--fsid")).orElse(""),
              process.map(NbdProcess::image).orElse(UNKNOWN),
              "",
              path,
              blockDevices.readOnly(path),
              blockDevices.sizeBytes(path),
              process.isPresent(),
              cookie,
              ""));
    } catch (UncheckedIOException e) {
      return Optional.empty();
    }
  }

  /**
   * The process that serves a device. The kernel tells the one that made it, also when another has
   * taken its place, or, later, when a stranger has got its number.
   */
  private Optional<NbdProcess> process(Path block, Path path, String cookie) {
    return maker(block)
        .flatMap(pid -> NbdProcess.of(host.procfs(), pid))
        .or(() -> NbdProcess.all(host.procfs()).stream().filter(p -> p.attached(path)).findFirst())
        .filter(p -> cookie.isEmpty() || p.option("--cookie").equals(cookie));
  }

  /** Whether another program than rbd-nbd serves it: one with other devices than Ceph's. */
  private boolean aliveBehind(Path block) {
    return read(block.resolve("backend")).isEmpty()
        && maker(block)
            .filter(pid -> Files.exists(host.procfs().resolve(Long.toString(pid))))
            .isPresent();
  }

  private static Optional<Long> maker(Path block) {
    try {
      return read(block.resolve("pid")).map(Long::parseLong).filter(pid -> pid > 0);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * The image's name has the volume's UUID in it, and its cluster is on the command line; what
   * ceph-csi has mapped has only the monitors there.
   */
  @Override
  public boolean shows(MappedDevice device, MapRequest request) {
    return device.fsid().isEmpty()
        ? sameMonitors(device, request)
        : device.fsid().equals(request.fsid());
  }

  private boolean sameMonitors(MappedDevice device, MapRequest request) {
    Path block = block(device.path());
    String used =
        process(block, device.path(), device.volumeId()).map(p -> p.option("-m")).orElse("");
    Set<String> hosts = new HashSet<>();
    Monitors.of(used).forEach(monitor -> hosts.add(monitor.host()));
    return Monitors.of(request.monitors()).stream().map(Monitors::host).anyMatch(hosts::contains);
  }

  @Override
  public void unmap(MappedDevice device, String options) {
    Path block = block(device.path());
    if (!Files.exists(block.resolve("pid"))) {
      return;
    }
    unused.require(device);
    Optional<NbdProcess> process = process(block, device.path(), device.volumeId());
    List<String> command = new ArrayList<>(List.of(PROGRAM, "unmap", device.path().toString()));
    new MapOptions("", options).nbdOptions().forEach(option -> command.add("--" + option));
    try {
      var _ = commands.require(command, UNMAP);
    } catch (CommandFailed e) {
      throw new CsiException.FailedPrecondition(
          "%s, which shows image %s, cannot be unmapped: %s; see who has it open, and nbd: in unmapOptions"
              .formatted(device.path(), device.image(), e.getMessage()));
    }
    awaitEnd(device, block, process);
  }

  /** Until the process has closed the image, which for others is in use so long. */
  private void awaitEnd(MappedDevice device, Path block, Optional<NbdProcess> process) {
    long end = System.nanoTime() + host.patience().toNanos();
    while (Files.exists(block.resolve("pid"))
        || process.flatMap(p -> NbdProcess.of(host.procfs(), p.pid())).isPresent()) {
      if (System.nanoTime() > end) {
        throw new CsiException.Unavailable(
            "%s of image %s was unmapped and does not go away: see who has it open, the call can be repeated"
                .formatted(device.path(), device.image()),
            null);
      }
      pause(device.image());
    }
  }

  /** Ends processes that were mapping the image when the driver was killed. */
  @Override
  public void clear(ImageSpec image) {
    if (!loaded()) {
      return;
    }
    long end = System.nanoTime() + host.patience().toNanos();
    Set<String> cookies = new HashSet<>();
    List<NbdProcess> mapping = of(image);
    while (!mapping.isEmpty()) {
      if (System.nanoTime() > end) {
        throw new CsiException.Unavailable(
            "rbd-nbd, which was mapping image %s for a call that was cut off (process %d), does not end: see its state and the node's log (dmesg), the call can be repeated"
                .formatted(image, mapping.getFirst().pid()),
            null);
      }
      for (NbdProcess process : mapping) {
        cookies.add(process.option("--cookie"));
        ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroy);
      }
      pause(image);
      mapping = of(image);
    }
    // One that had just made its device leaves it behind.
    devices().stream()
        .filter(d -> !d.served() && !d.volumeId().isEmpty() && cookies.contains(d.volumeId()))
        .forEach(d -> unmap(d, ""));
  }

  private List<NbdProcess> of(ImageSpec image) {
    return NbdProcess.all(host.procfs()).stream().filter(p -> p.image().equals(image)).toList();
  }

  @Override
  public MappedDevice resize(MappedDevice device, long sizeBytes, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (blockDevices.sizeBytes(device.path()) < sizeBytes) {
      if (!device.served()) {
        throw new CsiException.Unavailable(
            "rbd-nbd behind %s has ended: wait until the volume is attached again, by itself or by NodeStageVolume"
                .formatted(device.path()),
            null);
      }
      if (System.nanoTime() > end) {
        throw new CsiException.Unavailable(
            "%s keeps its old size: image %s may not have grown yet, see the node's log (dmesg), the call can be repeated"
                .formatted(device.path(), device.image()),
            null);
      }
      setSize(device, sizeBytes);
      pause(device.image());
    }
    return new MappedDevice(
        device.fsid(),
        device.image(),
        device.imageId(),
        device.path(),
        device.readOnly(),
        blockDevices.sizeBytes(device.path()),
        true,
        device.volumeId(),
        "");
  }

  /** rbd-nbd does it by itself for a device without cookie, and from Ceph 19 on for all. */
  private void setSize(MappedDevice device, long sizeBytes) {
    if (device.volumeId().isEmpty()) {
      return;
    }
    int number = Integer.parseInt(device.path().getFileName().toString().substring("nbd".length()));
    try {
      host.sizes().set(number, device.volumeId(), sizeBytes);
    } catch (IOException e) {
      // rbd-nbd may yet do it
    }
  }

  private static void pause(ImageSpec image) {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CsiException.Unavailable(
          "the driver is stopping while it waits for rbd-nbd of image %s: ask again"
              .formatted(image),
          e);
    }
  }
}
