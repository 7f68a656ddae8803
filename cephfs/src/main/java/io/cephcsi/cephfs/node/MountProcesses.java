package io.cephcsi.cephfs.node;

import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The processes that mount something, or have: they are known by their command lines. */
record MountProcesses(Path procfs, Commands commands) {
  static final String FUSE = "ceph-fuse";

  private static final Set<String> MOUNTING = Set.of("mount", "mount.ceph", FUSE);
  private static final Duration SHORT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(20);

  /** A process, with its command line. */
  private record MountProcess(long pid, List<String> words) {}

  /** Those of a program that have that path among their arguments. */
  List<Long> at(Path target, Set<String> programs) {
    return processes(target, programs).stream().map(MountProcess::pid).toList();
  }

  private List<MountProcess> processes(Path target, Set<String> programs) {
    List<MountProcess> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(procfs, "[0-9]*")) {
      for (Path entry : entries) {
        List<String> words = words(entry);
        if (programs.contains(program(words.getFirst())) && words.contains(target.toString())) {
          found.add(new MountProcess(Long.parseLong(entry.getFileName().toString()), words));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("list " + procfs, e);
    }
    return found;
  }

  /** As text: what a process calls itself need not be a path, nor in this system's encoding. */
  private static String program(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static List<String> words(Path entry) {
    try {
      String line = Files.readString(entry.resolve("cmdline"), StandardCharsets.ISO_8859_1);
      return List.of(line.split("\0", -1));
    } catch (IOException e) {
      return List.of(""); // it has ended
    }
  }

  /** The ceph-fuse that serves a path. */
  List<Long> fuse(Path target) {
    return at(target, Set.of(FUSE));
  }

  /** The directories that those show of their filesystems; none where no process can be seen. */
  List<String> fuseRoots(Path target) {
    return processes(target, Set.of(FUSE)).stream().map(MountProcesses::root).toList();
  }

  private static String root(MountProcess fuse) {
    int flag = fuse.words().indexOf("-r");
    return flag < 0 || flag + 1 == fuse.words().size() ? "/" : fuse.words().get(flag + 1);
  }

  /**
   * Ends all that is still mounting at a path where nothing is mounted: what a killed driver has
   * left would mount later, below or above what is mounted now. A ceph-fuse that has come as far as
   * to open FUSE's device serves somebody, and stays.
   */
  void endUnfinished(Path target) {
    List<Long> left = at(target, MOUNTING).stream().filter(pid -> !serves(pid)).toList();
    if (left.isEmpty()) {
      return;
    }
    List<String> command = new ArrayList<>(List.of("kill", "-KILL"));
    left.forEach(pid -> command.add(Long.toString(pid)));
    var _ = commands.run(command, new byte[0], SHORT);
  }

  private boolean serves(long pid) {
    try (DirectoryStream<Path> open =
        Files.newDirectoryStream(procfs.resolve(Long.toString(pid)).resolve("fd"))) {
      for (Path file : open) {
        if (Files.readSymbolicLink(file).endsWith("fuse")) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  /** Waits for those of a path to end; whether they have. */
  boolean awaitEnd(Path target, Set<String> programs, Duration patience) {
    var left = new Patience(patience, PAUSE);
    while (!at(target, programs).isEmpty()) {
      if (!left.pauses()) {
        return false;
      }
    }
    return true;
  }
}
