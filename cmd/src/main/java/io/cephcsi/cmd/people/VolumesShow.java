package io.cephcsi.cmd.people;

import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.cephfs.FileSystem;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.care.MountClients;
import io.cephcsi.cephfs.care.SubvolumeFacts;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.care.CloneTree;
import io.cephcsi.rbd.care.ImageFacts;
import io.cephcsi.rbd.care.VolumeFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cephcsi volumes show}. */
@Command(
    name = "show",
    header = "Show all that is known of a volume or snapshot.",
    description = {
      "%nFound by the PV's name, its volumeHandle, the name of its image or subvolume, or the UUID"
          + " in them.",
      "Keys and metadata that may hold secrets are shown without their values.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "%nExamples:",
      "  cephcsi volumes show pvc-0f1e2d3c-4b5a-4968-8776-655443322110",
      "  cephcsi volumes show csi-vol-11111111-2222-4333-8444-555555555555 --pool rbd -o json",
      "",
      "Exit codes: 0 shown, 1 not found or not reached, 2 wrong usage."
    })
final class VolumesShow implements Asked {
  /** Of a name in the tree. */
  private static final int NARROWEST = 8;

  @Parameters(paramLabel = "ID|NAME|IMAGE|SUBVOLUME", description = "What is looked for.")
  String asked = "";

  @Mixin Places places = new Places();

  @Mixin Connection connection = new Connection();
  @Mixin Format format = new Format();

  @Override
  public List<String> problems() {
    return connection.problems();
  }

  @Override
  public int answer(Screen screen) throws IOException {
    Optional<VolumeHandle> handle = VolumeHandle.of(asked);
    List<String> looked = new ArrayList<>();
    Optional<Runnable> found;
    try (Connected connected = connection.connect(handle.map(VolumeHandle::clusterId).orElse(""));
        var _ = new ProgressOnTerminal("looking for it")) {
      found = images(connected, handle, looked, screen);
      if (found.isEmpty()) {
        found = subvolumes(connected, looked, screen);
      }
    }
    if (found.isPresent()) {
      found.get().run();
      return People.FINE;
    }
    screen.tell(
        "%s is no id, name, image or subvolume in %s: cephcsi volumes ls lists what there is"
            .formatted(asked, looked.isEmpty() ? "any pool" : String.join(", ", looked)));
    return People.PROBLEMS;
  }

  /** What prints it when it was found. */
  private Optional<Runnable> images(
      Connected connected, Optional<VolumeHandle> handle, List<String> looked, Screen screen) {
    for (String pool : places.fileSystems.isEmpty() ? pools(connected, handle) : places.pools) {
      looked.add("pool " + pool);
      try (OpenPool opened = connected.open(pool)) {
        Optional<VolumeFacts> found = VolumeFacts.of(opened, connection.instanceId, asked);
        if (found.isPresent()) {
          return found.map(facts -> () -> print(screen, facts));
        }
      }
    }
    return Optional.empty();
  }

  private Optional<Runnable> subvolumes(Connected connected, List<String> looked, Screen screen) {
    for (FileSystem fs : places.fileSystems(connected)) {
      looked.add("filesystem " + fs.name());
      try (OpenFileSystem opened = connected.open(fs)) {
        Optional<ShownSubvolume> found =
            SubvolumeFacts.of(opened, connection.instanceId, asked)
                .map(facts -> new ShownSubvolume(facts, clients(opened, facts)));
        if (found.isPresent()) {
          return found.map(shown -> () -> shown.print(screen, format));
        }
      }
    }
    return Optional.empty();
  }

  private static MountClients clients(OpenFileSystem opened, SubvolumeFacts facts) {
    Subvolume.Live live = facts.live();
    return live == null || !facts.snapshot().isEmpty()
        ? MountClients.NONE
        : MountClients.of(opened, live.path());
  }

  /** Where it can be: an id says in which pool. */
  private List<String> pools(Connected connected, Optional<VolumeHandle> handle) {
    return switch (handle.orElse(null)) {
      case VolumeHandle.Journaled(var id) ->
          connected.cluster().poolName(id.location()).stream().toList();
      case VolumeHandle.InTree it -> List.of(it.pool());
      case VolumeHandle.Static it -> List.of(it.pool());
      case null -> places.pools(connected);
    };
  }

  private void print(Screen screen, VolumeFacts facts) {
    if (format.json()) {
      screen.json(json(facts));
      return;
    }
    Map<String, Object> lines = new LinkedHashMap<>(summary(facts));
    lines.replaceAll((_, value) -> Figures.plain(value.toString()));
    format.print(screen, lines);
    section(screen, "journal object " + facts.object(), facts.keys());
    ImageFacts image = facts.image();
    if (image != null) {
      section(screen, "metadata", image.metadata());
      Map<String, String> snapshots = new LinkedHashMap<>();
      image.snapshots().forEach(s -> snapshots.put(s.name() + " (" + s.id() + ")", told(s)));
      section(screen, "snapshots", snapshots);
      PrintWriter out = screen.out();
      out.println();
      out.println("clones");
      tree(image.clones(), screen.width() - 2)
          .forEach(line -> out.println("  " + Figures.plain(line)));
    }
  }

  private static Map<String, Object> summary(VolumeFacts facts) {
    var row = facts.row();
    ImageFacts image = facts.image();
    Map<String, Object> lines = new LinkedHashMap<>();
    lines.put("name", row.name());
    lines.put("kind", kind(facts));
    lines.put("state", row.state().isEmpty() ? "ok" : row.state());
    lines.put("id", row.id());
    lines.put("pool", row.pool());
    lines.put("namespace", row.namespace());
    lines.put("image", row.image());
    lines.put("image id", row.imageId());
    lines.put("size", row.createdAt() == null ? "" : Figures.bytes(row.sizeBytes()));
    lines.put("created", row.createdAt() == null ? "" : row.createdAt());
    if (image != null) {
      lines.put("data pool", image.dataPool());
      lines.put("features", String.join(", ", image.features()));
      lines.put(
          "open by", String.join(", ", image.openers().stream().map(VolumesShow::told).toList()));
    }
    lines.put(
        "journal key", journalKey(facts.directory(), facts.directoryKey(), facts.directoryValue()));
    lines.values().removeIf(value -> value.toString().isEmpty());
    return lines;
  }

  private static String kind(VolumeFacts facts) {
    return switch (facts.kind()) {
      case VOLUMES -> "volume";
      case SNAPSHOTS -> "snapshot";
      case null -> "image";
    };
  }

  private static String told(ImageFacts.Opener opener) {
    return client(opener.address(), opener.node());
  }

  static String client(String address, String node) {
    return node.isEmpty() ? address : address + " (" + node + ")";
  }

  private static String told(ImageSnapshot snapshot) {
    String kept = snapshot.kind() == ImageSnapshot.Kind.TRASH ? ", kept by clones" : "";
    return "%s, %s%s".formatted(Figures.bytes(snapshot.sizeBytes()), snapshot.createdAt(), kept);
  }

  static String journalKey(String directory, String key, String value) {
    return directory.isEmpty() ? "" : "%s: %s = %s".formatted(directory, key, value);
  }

  static void section(Screen screen, String head, Map<String, String> values) {
    if (!values.isEmpty()) {
      screen.out().println();
      screen.out().print(Figures.wrapped(head, 0, screen.width()));
      values.forEach((key, value) ->
          screen
              .out()
              .print(
                  Figures.labelled(
                      Figures.plain(key) + " = ", Figures.plain(value), 2, screen.width())));
    }
  }

  /** A line for each image, clones below what they come from; long names lose their middle. */
  static List<String> tree(CloneTree root, int width) {
    List<String> lines = new ArrayList<>();
    lines.add(line(root, width));
    lines.addAll(below(root, width));
    return lines;
  }

  private static List<String> below(CloneTree parent, int width) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < parent.clones().size(); i++) {
      boolean last = i == parent.clones().size() - 1 && parent.more() == 0;
      CloneTree clone = parent.clones().get(i);
      lines.add((last ? "└─ " : "├─ ") + line(clone, width - 3));
      below(clone, width - 3).forEach(line -> lines.add((last ? "   " : "│  ") + line));
    }
    if (parent.more() > 0) {
      lines.add("└─ and " + parent.more() + " more");
    }
    return lines;
  }

  private static String line(CloneTree image, int width) {
    String told =
        (image.inTrash() ? " (in the trash)" : "") + (image.asked() ? "  <- this one" : "");
    return Table.shortened(image.place(), Math.max(NARROWEST, width - told.length())) + told;
  }

  private static Map<String, @Nullable Object> json(VolumeFacts facts) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("kind", kind(facts));
    json.putAll(ListedVolume.jsonOf(facts.row()));
    json.put(
        "journal",
        Map.of(
            "directory", facts.directory(),
            "key", facts.directoryKey(),
            "value", facts.directoryValue(),
            "object", facts.object(),
            "keys", facts.keys()));
    ImageFacts image = facts.image();
    if (image != null) {
      json.put("dataPool", image.dataPool());
      json.put("features", image.features());
      json.put("openBy", image.openers());
      json.put("metadata", image.metadata());
      json.put("snapshotList", image.snapshots().stream().map(VolumesShow::json).toList());
      json.put("clones", image.clones());
    }
    return json;
  }

  private static Map<String, Object> json(ImageSnapshot snapshot) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", snapshot.id());
    json.put("name", snapshot.name());
    json.put("sizeBytes", snapshot.sizeBytes());
    json.put("kind", snapshot.kind().name().toLowerCase(Locale.ROOT));
    json.put("createdAt", snapshot.createdAt().toString());
    return json;
  }
}
