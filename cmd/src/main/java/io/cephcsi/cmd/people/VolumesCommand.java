package io.cephcsi.cmd.people;

import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.care.VolumeRow;
import io.cephcsi.rbd.care.VolumeRows;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cephcsi volumes}: which volumes there are. */
@Command(
    name = "volumes",
    header = "List volumes, or show one.",
    mixinStandardHelpOptions = true,
    subcommands = {VolumesCommand.Ls.class, VolumesShow.class})
final class VolumesCommand {
  /** {@code cephcsi volumes ls}. */
  @Command(
      name = "ls",
      header = "List the volumes that the driver's journal knows.",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      footer = {
        "%nExamples:",
        "  cephcsi volumes ls",
        "  cephcsi volumes ls --pool rbd -o json",
        "  cephcsi volumes ls --cluster-config config.json --secret env:KEY --user csi",
        "",
        "No image is opened; who has one open is counted by a notification, as rbd status does.",
      })
  static final class Ls implements Asked {
    @Option(names = "--pool", paramLabel = "NAME", description = "Only this pool; repeatable.")
    List<String> pools = new ArrayList<>();

    @Mixin Connection connection = new Connection();
    @Mixin Format format = new Format();

    @Override
    public List<String> problems() {
      return connection.problems();
    }

    @Override
    public int answer(Screen screen) throws IOException {
      List<VolumeRow> rows = new ArrayList<>();
      try (Connected connected = connection.connect("");
          var progress = new ProgressOnTerminal()) {
        for (String pool : connected.pools(pools)) {
          try (OpenPool opened = connected.open(pool)) {
            rows.addAll(VolumeRows.of(opened, connection.instanceId, progress));
          }
        }
      }
      if (format.json()) {
        screen.json(rows.stream().map(Ls::json).toList());
      } else {
        screen.out().print(table(rows).text(screen.width()));
      }
      return People.FINE;
    }

    private static Table table(List<VolumeRow> rows) {
      var table =
          new Table(
              Table.Column.text("NAME", 0, 12),
              Table.Column.text("STATE", 0, 4),
              Table.Column.number("SIZE", 1),
              Table.Column.number("OPEN", 2),
              Table.Column.number("SNAPS", 4),
              Table.Column.number("AGE", 3),
              Table.Column.text("POOL", 5, 6),
              Table.Column.text("IMAGE", 6, 14),
              Table.Column.text("ID", 7, 20));
      for (VolumeRow row : rows) {
        table.row(
            row.name(),
            row.state().isEmpty() ? "ok" : row.state(),
            row.createdAt() == null ? "-" : Figures.bytes(row.sizeBytes()),
            Integer.toString(row.watchers()),
            Integer.toString(row.snapshots()),
            age(row.createdAt()),
            row.namespace().isEmpty() ? row.pool() : row.pool() + "/" + row.namespace(),
            row.image(),
            row.id());
      }
      return table;
    }

    private static String age(@Nullable Instant since) {
      return since == null ? "-" : Figures.age(Duration.between(since, Instant.now()));
    }

    static Map<String, Object> json(VolumeRow row) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", row.name());
      json.put("id", row.id());
      json.put("pool", row.pool());
      json.put("namespace", row.namespace());
      json.put("image", row.image());
      json.put("imageId", row.imageId());
      json.put("sizeBytes", row.sizeBytes());
      json.put("watchers", row.watchers());
      json.put("snapshots", row.snapshots());
      json.put("createdAt", row.createdAt() == null ? "" : row.createdAt().toString());
      json.put("state", row.state().isEmpty() ? "ok" : row.state());
      return json;
    }
  }
}
