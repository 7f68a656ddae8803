package io.cephcsi.csi.host;

import io.cephcsi.csi.Phase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Makes, checks and grows filesystems, by the tools of e2fsprogs, xfsprogs and util-linux. */
public final class Filesystems {
  /** The types that volumes may have. */
  public static final Set<String> KNOWN = Set.of("ext4", "xfs");

  private static final Duration SHORT = Duration.ofSeconds(30);
  private static final Duration LONG = Duration.ofMinutes(10);

  /** A full check of some terabytes; begun anew it would be no shorter. */
  private static final Duration CHECK = Duration.ofHours(12);

  /** What waits for a device cannot be ended, and a second one would wait beside it. */
  private static final Duration HOWEVER_LONG = Duration.ofDays(365);

  private static final Duration STATFS = Duration.ofSeconds(2);

  /** What blkid says when there is nothing that it knows. */
  private static final int NOTHING_FOUND = 2;

  private static final int ERRORS_CORRECTED = 1;
  private static final int ERRORS_LEFT = 4;

  private static final Map<String, List<String>> DEFAULT_OPTIONS =
      Map.of(
          "ext4", List.of("-m0", "-Enodiscard,lazy_itable_init=1,lazy_journal_init=1"),
          "xfs", List.of("-K"));

  private static final Pattern XFSPROGS = Pattern.compile("version (\\d+)\\.");

  /** Of xfsprogs: from then on mkfs.xfs makes by itself what older kernels refuse. */
  private static final int NEWER_DEFAULTS = 6;

  private final Commands commands;
  private final KernelVersion kernel;

  public Filesystems(Commands commands) {
    this(commands, KernelVersion.running());
  }

  /**
   * @param kernel that is to mount what is made
   */
  Filesystems(Commands commands, KernelVersion kernel) {
    this.commands = commands;
    this.kernel = kernel;
  }

  /**
   * What is on a device: a filesystem's type, or another word for anything that is none; empty when
   * there is nothing, or an xfs whose making was cut off, which nobody can ever have mounted.
   *
   * @throws CommandFailed when the device cannot be read or what is there cannot be told
   */
  public Optional<String> on(Path device) {
    var command =
        List.of("blkid", "-p", "-s", "TYPE", "-s", "PTTYPE", "-o", "export", device.toString());
    var outcome = commands.run(command, new byte[0], SHORT);
    if (outcome.exit() == NOTHING_FOUND) {
      requireNothing(device, command); // blkid tells an unreadable device in the same way
      return Optional.empty();
    }
    if (outcome.exit() != 0) {
      throw new CommandFailed(command, outcome);
    }
    String type = type(outcome.out());
    return type.equals("xfs") && isUnfinished(device) ? Optional.empty() : Optional.of(type);
  }

  private static String type(String exported) {
    String type = "partitions or unknown data";
    for (String line : exported.lines().toList()) {
      if (line.startsWith("TYPE=")) {
        type = line.substring("TYPE=".length()).strip();
      }
    }
    return type;
  }

  /** A device that answers again has been unreadable to blkid, and is not empty for that. */
  private static void requireNothing(Path device, List<String> command) {
    try {
      if (Superblock.filesystemBytes(device).isPresent()) {
        throw new CommandFailed(
            command, "found nothing, but there is a superblock: the call can be repeated");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("read " + device, e);
    }
  }

  private static boolean isUnfinished(Path device) {
    try {
      return Superblock.isUnfinishedXfs(device);
    } catch (IOException e) {
      throw new UncheckedIOException("read " + device, e);
    }
  }

  /**
   * Makes a filesystem; the caller has seen by {@link #on} that nothing is there.
   *
   * @param options in place of the default ones; empty for these
   */
  public void make(String filesystem, Path device, List<String> options) {
    List<String> command = new ArrayList<>(List.of("mkfs." + filesystem));
    command.addAll(
        options.isEmpty() ? DEFAULT_OPTIONS.getOrDefault(filesystem, List.of()) : options);
    if (filesystem.equals("xfs")) {
      command.addAll(portable(options));
      if (isUnfinished(device)) {
        command.add("-f");
      }
    }
    command.add(device.toString());
    try (var _ = Phase.MKFS.begin()) {
      var _ = commands.require(command, LONG);
    }
  }

  /**
   * Without what kernels refuse that are too old for it, be they other nodes': large counts of
   * extents are of 5.19, and no volume of Ceph needs them. Times after 2038 are of 5.10, and are
   * left out for an older kernel alone. What is given already mkfs.xfs takes no second time.
   *
   * @param given an option of these that has a file of them may have any
   */
  private List<String> portable(List<String> given) {
    if (given.stream().anyMatch(option -> option.startsWith("-c"))) {
      return List.of();
    }
    boolean newer = xfsprogs() >= NEWER_DEFAULTS;
    List<String> metadata =
        newer && !kernel.atLeast(5, 10)
            ? List.of("reflink=0", "bigtime=0", "inobtcount=0")
            : List.of("reflink=0");
    List<String> options = new ArrayList<>(option("-m", metadata, given));
    options.addAll(option("-i", newer ? List.of("nrext64=0") : List.of(), given));
    return options;
  }

  private static List<String> option(String flag, List<String> parts, List<String> given) {
    String all = String.join(" ", given);
    String wanted =
        parts.stream()
            .filter(part -> !all.contains(part.substring(0, part.indexOf('=') + 1)))
            .collect(Collectors.joining(","));
    return wanted.isEmpty() ? List.of() : List.of(flag, wanted);
  }

  private int xfsprogs() {
    Matcher version =
        XFSPROGS.matcher(commands.run(List.of("mkfs.xfs", "-V"), new byte[0], SHORT).out());
    return version.find() ? Integer.parseInt(version.group(1)) : 0;
  }

  /**
   * Mends small damage of an unmounted filesystem.
   *
   * @throws CommandFailed when damage is left, which a person has to look at
   */
  public void check(Path device) {
    var command = List.of("fsck", "-a", device.toString());
    Commands.Outcome outcome;
    try (var _ = Phase.FSCK.begin()) {
      outcome = commands.run(command, new byte[0], CHECK);
    }
    if (outcome.exit() > ERRORS_CORRECTED && (outcome.exit() & ERRORS_LEFT) != 0) {
      throw new CommandFailed(command, outcome);
    }
  }

  /** Whether the filesystem is smaller than this by a block or more; asked before it is mounted. */
  public boolean smallerThan(long deviceBytes, Path device) {
    try {
      return Superblock.filesystemBytes(device)
          .map(bytes -> bytes + (64 << 10) <= deviceBytes)
          .orElse(false);
    } catch (IOException e) {
      throw new UncheckedIOException("read " + device, e);
    }
  }

  /** Lets a mounted filesystem fill its device; one that does already is no error. */
  public void grow(String filesystem, Path device, Path mountPoint) {
    var command =
        switch (filesystem) {
          case "xfs" -> List.of("xfs_growfs", "-d", mountPoint.toString());
          default -> List.of("resize2fs", device.toString());
        };
    try (var _ = Phase.GROW.begin()) {
      var _ = commands.require(command, LONG);
    }
  }

  /**
   * Reads the beginning of a device, past all caches. Waits for as long as the device does, so that
   * the caller needs a bound of its own.
   *
   * @throws CommandFailed when the device fails
   */
  public void readFrom(Path device) {
    var _ =
        commands.require(
            List.of(
                "dd",
                "if=" + device,
                "of=/dev/null",
                "bs=4096",
                "count=1",
                "iflag=direct",
                "status=none"),
            HOWEVER_LONG);
  }

  /**
   * Asks a mounted filesystem for its root; one that was shut down after an error refuses. Waits as
   * {@link #readFrom}.
   *
   * @throws CommandFailed when it refuses
   */
  public void lookAt(Path mountPoint) {
    var _ = commands.require(List.of("stat", "-c", "%i", mountPoint.toString()), HOWEVER_LONG);
  }

  /**
   * How full a mounted filesystem is.
   *
   * @throws CommandFailed when it does not answer within two seconds
   */
  public Usage usage(Path mountPoint) {
    String line =
        commands.require(
            List.of("stat", "-f", "-c", "%S %b %f %a %c %d", mountPoint.toString()), STATFS);
    String[] n = line.strip().split(" ", -1);
    long block = Long.parseLong(n[0]);
    long total = Long.parseLong(n[1]);
    long free = Long.parseLong(n[2]);
    return new Usage(
        total * block,
        Long.parseLong(n[3]) * block,
        (total - free) * block,
        Long.parseLong(n[4]),
        Long.parseLong(n[5]));
  }
}
