package io.cephcsi.cmd.people;

import io.cephcsi.cephfs.FileSystem;
import io.cephcsi.cephfs.care.SubvolumeRows;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.care.VolumeRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cephcsi volumes ls}. */
@Command(
    name = "ls",
    header = "List the volumes that the driver's journals know.",
    description = {
      "%nWho has one open is asked of its image, as rbd status does, or of the metadata server,"
          + " which answers those with mds 'allow *'. What nobody tells is shown as -.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "%nExamples:",
      "  cephcsi volumes ls",
      "  cephcsi volumes ls --pool rbd -o json",
      "  cephcsi volumes ls --fs cephfs --used",
      "  cephcsi volumes ls --cluster-config config.json --secret env:KEY --user csi",
    })
final class VolumesLs implements Asked {
  @Mixin Places places = new Places();

  @Option(
      names = "--used",
      description =
          "Also how much is used, and of subvolumes age and state: opens each image and asks the"
              + " manager about each subvolume, which takes long for many.")
  boolean used;

  @Mixin Connection connection = new Connection();
  @Mixin Format format = new Format();

  @Override
  public List<String> problems() {
    return connection.problems();
  }

  @Override
  public int answer(Screen screen) throws IOException {
    List<ListedVolume> rows = new ArrayList<>();
    boolean all = true;
    try (Connected connected = connection.connect("");
        var progress = new ProgressOnTerminal("volumes")) {
      for (String pool : places.pools(connected)) {
        rows.addAll(of(connected, pool, progress));
      }
      for (FileSystem fs : places.fileSystems(connected)) {
        Optional<List<ListedVolume>> found = of(screen, connected, fs, progress);
        rows.addAll(found.orElse(List.of()));
        all &= found.isPresent();
      }
    }
    if (format.json()) {
      screen.json(rows.stream().map(ListedVolume::json).toList());
    } else {
      screen.out().print(ListedVolume.table(rows, used).text(screen.width()));
    }
    return all ? People.FINE : People.PROBLEMS;
  }

  private List<ListedVolume> of(Connected connected, String pool, ProgressOnTerminal progress) {
    try (OpenPool opened = connected.open(pool)) {
      return VolumeRows.of(opened, connection.instanceId, used, progress).stream()
          .map(ListedVolume::of)
          .toList();
    }
  }

  /** Empty when nobody serves it now: the others are listed all the same. */
  private Optional<List<ListedVolume>> of(
      Screen screen, Connected connected, FileSystem fs, ProgressOnTerminal progress)
      throws IOException {
    try {
      return Optional.of(
          places
              .visit(
                  connected,
                  screen,
                  fs,
                  opened -> SubvolumeRows.of(opened, connection.instanceId, used, progress))
              .orElse(List.of())
              .stream()
              .map(ListedVolume::of)
              .toList());
    } catch (CsiException.Unavailable e) {
      screen.tell("filesystem %s is left out: %s".formatted(fs.name(), e.getMessage()));
      return Optional.empty();
    }
  }
}
