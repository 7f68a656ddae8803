package io.cephcsi.cephfs.node;

import io.cephcsi.csi.host.CommandFailed;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A node in memory: its mount table and processes, and the tools that change them. It refuses what
 * it does not know as a test's mistake, counts the commands, and can fail or hang any of them.
 */
final class MemoryNode implements Commands {
  /** What the mounters read as the key file, while it is there. */
  final List<String> keys = Collections.synchronizedList(new ArrayList<>());

  final List<String> commands = Collections.synchronizedList(new ArrayList<>());

  /** What {@code ls -A} finds, by the last names of the path. */
  final Map<String, String> contents = new HashMap<>();

  final Path procfs;
  private final MemoryMountTable table;
  private final Set<String> dead = Collections.synchronizedSet(new HashSet<>());
  private final Map<String, String> failing = new HashMap<>();
  private final Map<String, String> failingWith = new HashMap<>();
  private volatile String hanging = "";
  private int devices;
  private int pids = 1000;

  MemoryNode(Path directory) throws IOException {
    table = new MemoryMountTable(directory);
    procfs = Files.createDirectories(directory.resolve("proc"));
    Files.createDirectories(procfs.resolve("sys/kernel"));
    kernel("6.1.0-18-amd64", true);
  }

  /** Another kernel. */
  void kernel(String release, boolean hasCeph) throws IOException {
    Files.writeString(procfs.resolve("sys/kernel/osrelease"), release + "\n");
    Files.writeString(
        procfs.resolve("filesystems"), "nodev\tproc\n\text4\n" + (hasCeph ? "nodev\tceph\n" : ""));
  }

  Mounts mounts() {
    return table.mounts(this);
  }

  /** Every command that starts so fails from now on, and says that. */
  void fail(String start, String words) {
    failing.put(start, words);
  }

  /** As {@link #fail}, of every command with these words in it. */
  void failWith(String part, String words) {
    failingWith.put(part, words);
  }

  void mend() {
    failing.clear();
    failingWith.clear();
  }

  /** Every command that starts so does not end by itself from now on; none for an empty text. */
  void hang(String start) {
    hanging = start;
  }

  /** Lets the client behind what is mounted there die, and its process if it has one. */
  void die(Path path) {
    Mount mount = mounts().at(path).orElseThrow();
    dead.add(mount.device());
    processes().forEach(this::end);
  }

  /** As if somebody else had mounted something. */
  void mountOther(Path target) {
    add(target.toString(), "8:1", "/", "ext4", "/dev/sda1", "rw");
  }

  /** A process that a killed driver has left. */
  long leave(String... words) {
    return begin(List.of(words), false);
  }

  List<Long> processes() {
    try (var entries = Files.newDirectoryStream(procfs, "[0-9]*")) {
      List<Long> pids = new ArrayList<>();
      entries.forEach(entry -> pids.add(Long.parseLong(entry.getFileName().toString())));
      return pids;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Outcome run(List<String> command, byte[] input, Duration deadline) {
    String line = String.join(" ", command);
    commands.add(line);
    for (var failure : failing.entrySet()) {
      if (line.startsWith(failure.getKey())) {
        return new Outcome(32, "", failure.getValue());
      }
    }
    for (var failure : failingWith.entrySet()) {
      if (line.contains(failure.getKey())) {
        return new Outcome(32, "", failure.getValue());
      }
    }
    if (!hanging.isEmpty() && line.startsWith(hanging)) {
      throw new CommandFailed(command, "ended after %s without an end".formatted(deadline));
    }
    return act(command);
  }

  private Outcome act(List<String> command) {
    return switch (command.getFirst()) {
      case "nsenter", "setsid" -> act(unwrapped(command));
      case "mount" -> mount(command);
      case "ceph-fuse" -> fuse(command);
      case "umount" -> umount(command.getLast());
      case "stat" -> stat(command);
      case "ls" -> list(Path.of(command.getLast()));
      case "getfattr" -> entries(command.getLast());
      case "kill" -> kill(command);
      case "mount.ceph", "modprobe" -> new Outcome(0, "", "");
      default -> throw new IllegalArgumentException(String.join(" ", command));
    };
  }

  private static List<String> unwrapped(List<String> command) {
    return command.subList(command.getFirst().equals("nsenter") ? 3 : 1, command.size());
  }

  private Outcome mount(List<String> command) {
    if (command.contains("--bind")) {
      return bind(command);
    }
    String options = command.getLast();
    keys.add(read(option(options, "secretfile")));
    add(command.get(4), "0:" + ++devices, "/", command.get(2), command.get(3), mode(options));
    return new Outcome(0, "", "");
  }

  private Outcome bind(List<String> command) {
    Path source = Path.of(command.get(command.size() - 2));
    Mount below =
        mounts().all().stream()
            .filter(m -> source.startsWith(m.path()))
            .reduce((_, last) -> last)
            .orElseThrow();
    Path mounted = below.path();
    String root = mounted.equals(source) ? below.root() : "/" + mounted.relativize(source);
    String options = command.contains("-o") ? command.get(3) : "";
    add(
        command.getLast(),
        below.device(),
        root,
        below.filesystem(),
        below.source(),
        below.readOnly() ? "ro" : mode(options));
    return new Outcome(0, "", "");
  }

  private Outcome fuse(List<String> command) {
    if (command.contains("--version")) {
      return new Outcome(0, "ceph version", "");
    }
    for (String word : command) {
      if (word.startsWith("--keyfile=")) {
        keys.add(read(word.substring("--keyfile=".length())));
      }
    }
    String options = command.contains("-o") ? command.get(command.indexOf("-o") + 1) : "";
    add(command.get(1), "0:" + ++devices, "/", "fuse.ceph-fuse", "ceph-fuse", mode(options));
    var _ = begin(command, true);
    return new Outcome(0, "", "starting fuse");
  }

  private static String mode(String options) {
    return List.of(options.split(",", -1)).contains("ro") ? "ro" : "rw";
  }

  private static String option(String options, String key) {
    for (String option : options.split(",", -1)) {
      if (option.startsWith(key + "=")) {
        return option.substring(key.length() + 1);
      }
    }
    throw new IllegalArgumentException("no " + key + " in " + options);
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long begin(List<String> words, boolean serves) {
    try {
      Path entry = Files.createDirectory(procfs.resolve(Integer.toString(++pids)));
      Files.writeString(entry.resolve("cmdline"), String.join("\0", words) + "\0");
      Path open = Files.createDirectory(entry.resolve("fd"));
      Files.createSymbolicLink(open.resolve("3"), Path.of(serves ? "/dev/fuse" : "/dev/null"));
      return pids;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets a process be one that the driver cannot see. */
  void hide(long pid) {
    end(pid);
  }

  private void end(long pid) {
    try {
      Path entry = procfs.resolve(Long.toString(pid));
      Files.delete(entry.resolve("fd/3"));
      Files.delete(entry.resolve("fd"));
      Files.delete(entry.resolve("cmdline"));
      Files.delete(entry);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Outcome kill(List<String> command) {
    command.subList(2, command.size()).forEach(pid -> end(Long.parseLong(pid)));
    return new Outcome(0, "", "");
  }

  private Outcome umount(String target) {
    Mount mount = mounts().at(Path.of(target)).orElseThrow();
    table.remove(target);
    if (mount.filesystem().startsWith("fuse")
        && mounts().all().stream().noneMatch(mount::showsSame)) {
      new MountProcesses(procfs, this).fuse(Path.of(target)).forEach(this::end);
    }
    return new Outcome(0, "", "");
  }

  private Outcome stat(List<String> command) {
    if (!command.contains("-f")) {
      throw new IllegalArgumentException("a stat may come from what the client remembers");
    }
    return answer(command.getLast(), "4194304 256 200 200 5 -1\n");
  }

  private Outcome entries(String directory) {
    return answer(directory, "7");
  }

  private Outcome answer(String path, String what) {
    Mount mount = mounts().at(Path.of(path)).orElseThrow();
    return dead.contains(mount.device())
        ? new Outcome(1, "", path + ": Transport endpoint is not connected")
        : new Outcome(0, what, "");
  }

  private Outcome list(Path directory) {
    for (var content : contents.entrySet()) {
      if (directory.endsWith(content.getKey())) {
        return new Outcome(0, content.getValue(), "");
      }
    }
    return new Outcome(
        2, "", "ls: cannot access '%s': No such file or directory".formatted(directory));
  }

  private void add(
      String target, String device, String root, String type, String source, String mode) {
    table.add(
        target, new Mount(Path.of(target), device, root, type, source, Set.of(), false), mode);
  }
}
