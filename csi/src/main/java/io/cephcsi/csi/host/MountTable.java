package io.cephcsi.csi.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kernel's mount table, {@code /proc/self/mountinfo}; see proc(5). Reading it touches no mount.
 */
final class MountTable {
  private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

  /** What a filesystem that takes no writes says: any one, and ext4 since Linux 6.15. */
  private static final Set<String> NO_WRITES = Set.of("ro", "emergency_ro", "shutdown");

  private MountTable() {}

  /** All mounts, in the order in which they were made. */
  static List<Mount> read(Path mountinfo) {
    List<Mount> mounts = new ArrayList<>();
    // Only there: of what ends a line elsewhere, the kernel writes a carriage return as it is.
    Arrays.stream(text(mountinfo).split("\n", -1))
        .flatMap(line -> known(line).stream())
        .forEach(mounts::add);
    return mounts;
  }

  /** Other programs' mounts may have names in any encoding; these must not stop ours. */
  private static String text(Path mountinfo) {
    try {
      return new String(Files.readAllBytes(mountinfo), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("read " + mountinfo, e);
    }
  }

  private static Optional<Mount> known(String line) {
    try {
      return Optional.of(parse(line));
    } catch (InvalidPathException | IndexOutOfBoundsException e) {
      return Optional.empty(); // a name that no path of a request can have, or no line at all
    }
  }

  /** {@code 36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue}. */
  static Mount parse(String line) {
    String[] halves = line.split(" - ", 2);
    String[] mount = halves[0].split(" ", -1);
    String[] filesystem = halves[1].split(" ", -1);
    Set<String> options = new HashSet<>(List.of(mount[5].split(",", -1)));
    // A filesystem that turned read-only after an error says so in its own options alone.
    boolean turned =
        !options.contains("ro")
            && List.of(filesystem[2].split(",", -1)).stream().anyMatch(NO_WRITES::contains);
    if (turned) {
      options.add("ro");
    }
    return new Mount(
        Path.of(plain(mount[4])),
        mount[2],
        plain(mount[3]),
        filesystem[0],
        plain(filesystem[1]),
        options,
        turned);
  }

  /** Blanks and the like stand as octal numbers. */
  private static String plain(String text) {
    return OCTAL.matcher(text).replaceAll(m -> Matcher.quoteReplacement(character(m.group(1))));
  }

  private static String character(String octal) {
    return String.valueOf((char) Integer.parseInt(octal, 8));
  }
}
