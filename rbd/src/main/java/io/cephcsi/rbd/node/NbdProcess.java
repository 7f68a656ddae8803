package io.cephcsi.rbd.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A running rbd-nbd that maps an image or has mapped one, known by its command line.
 *
 * @param arguments without the program
 */
record NbdProcess(long pid, List<String> arguments) {
  private static final Set<String> COMMANDS = Set.of("map", "attach");

  /** Those of Ceph's options that are written apart from their value. */
  private static final Set<String> WITH_VALUE =
      Set.of(
          "--id",
          "-i",
          "--name",
          "-n",
          "--cluster",
          "--conf",
          "-c",
          "-m",
          "--mon_host",
          "--keyfile",
          "--keyring",
          "-k",
          "--log-file",
          "--setuser",
          "--setgroup",
          "--device",
          "--cookie",
          "--io-timeout",
          "--reattach-timeout");

  /** The process of that id; empty when there is none or it is another program. */
  static Optional<NbdProcess> of(Path procfs, long pid) {
    return at(procfs.resolve(Long.toString(pid)));
  }

  /** All of them. */
  static List<NbdProcess> all(Path procfs) {
    List<NbdProcess> processes = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(procfs, "[0-9]*")) {
      entries.forEach(entry -> at(entry).ifPresent(processes::add));
    } catch (IOException e) {
      throw new UncheckedIOException("list " + procfs, e);
    }
    return processes;
  }

  private static Optional<NbdProcess> at(Path entry) {
    try {
      String line = Files.readString(entry.resolve("cmdline"), StandardCharsets.ISO_8859_1);
      if (!line.contains("rbd-nbd\0")) {
        return Optional.empty(); // also one that has ended and is not yet waited for
      }
      List<String> words = List.of(line.split("\0", -1));
      var process =
          new NbdProcess(
              Long.parseLong(entry.getFileName().toString()), words.subList(1, words.size()));
      return words.getFirst().endsWith("rbd-nbd") && process.commandAt() >= 0
          ? Optional.of(process)
          : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      return Optional.empty(); // it has ended
    }
  }

  private int commandAt() {
    for (int i = 0; i + 1 < arguments.size(); i++) {
      if (WITH_VALUE.contains(arguments.get(i))) {
        i++;
      } else if (COMMANDS.contains(arguments.get(i))) {
        return i;
      }
    }
    return -1;
  }

  /** The image's name, with {@code @snapshot} behind it for a snapshot. */
  ImageSpec image() {
    String[] names = arguments.get(commandAt() + 1).split("/", -1);
    return switch (names.length) {
      case 1 -> new ImageSpec("rbd", "", names[0]); // Ceph's default pool
      case 2 -> new ImageSpec(names[0], "", names[1]);
      default -> new ImageSpec(names[0], names[1], names[2]);
    };
  }

  /** Whether it took over the device of another process. */
  boolean attached(Path device) {
    return arguments.get(commandAt()).equals("attach")
        && option("--device").equals(device.toString());
  }

  /** What an option says, written either way; empty when it is not given. */
  String option(String name) {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.startsWith(name + "=")) {
        return argument.substring(name.length() + 1);
      }
      if (argument.equals(name) && i + 1 < arguments.size()) {
        return arguments.get(i + 1);
      }
    }
    return "";
  }
}
