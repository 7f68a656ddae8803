package io.cephcsi.cmd.people;

import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.care.MountClients;
import io.cephcsi.cephfs.care.SubvolumeFacts;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What {@code cephcsi volumes show} tells of a volume or snapshot of a filesystem. */
record ShownSubvolume(SubvolumeFacts facts, MountClients clients) {
  void print(Screen screen, Format format) {
    if (format.json()) {
      screen.json(json());
      return;
    }
    Map<String, Object> lines = new LinkedHashMap<>(summary());
    lines.replaceAll((_, value) -> Figures.plain(value.toString()));
    format.print(screen, lines);
    VolumesShow.section(screen, "journal object " + facts.object(), facts.keys());
    VolumesShow.section(screen, "snapshots", marked(facts.snapshots()));
    VolumesShow.section(screen, "shown by", marked(facts.shownBy()));
  }

  private Map<String, String> marked(List<String> names) {
    return names.stream()
        .collect(
            Collectors.toMap(
                name -> name,
                name -> name.equals(facts.snapshot()) ? "this one" : "",
                (one, _) -> one,
                LinkedHashMap::new));
  }

  private Map<String, Object> summary() {
    Subvolume.Live live = facts.live();
    Map<String, Object> lines = new LinkedHashMap<>();
    lines.put("name", facts.name());
    lines.put("kind", kind());
    lines.put("state", state());
    lines.put("id", facts.id());
    lines.put("filesystem", facts.fileSystem());
    lines.put("group", facts.group());
    lines.put("subvolume", facts.subvolume());
    lines.put("snapshot", facts.snapshot());
    lines.put("shows snapshot", facts.shows());
    if (live != null) {
      lines.put("path", live.path());
      lines.put("size", live.quotaBytes() == 0 ? "no bound" : Figures.bytes(live.quotaBytes()));
      lines.put("used", Figures.bytes(live.usedBytes()));
      lines.put("created", live.createdAt());
      lines.put("data pool", live.dataPool());
    }
    lines.put("open by", openBy());
    lines.put(
        "journal key",
        VolumesShow.journalKey(facts.directory(), facts.directoryKey(), facts.directoryValue()));
    lines.values().removeIf(value -> value.toString().isEmpty());
    return lines;
  }

  private String openBy() {
    return clients.untold().isEmpty()
        ? String.join(
            ", ",
            clients.all().stream()
                .map(client -> VolumesShow.client(client.address(), client.node()))
                .toList())
        : "not told: " + clients.untold();
  }

  private String kind() {
    return switch (facts.kind()) {
      case VOLUMES -> "volume";
      case SNAPSHOTS -> "snapshot";
      case null -> "subvolume";
    };
  }

  private String state() {
    return facts.state().isEmpty() ? "ok" : facts.state();
  }

  private Map<String, Object> json() {
    Subvolume.Live live = facts.live();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", kind());
    json.put("name", facts.name());
    json.put("id", facts.id());
    json.put("fileSystem", facts.fileSystem());
    json.put("group", facts.group());
    json.put("subvolume", facts.subvolume());
    json.put("snapshot", facts.snapshot());
    json.put("showsSnapshot", facts.shows());
    json.put("path", live == null ? "" : live.path());
    json.put("sizeBytes", live == null ? 0 : live.quotaBytes());
    json.put("usedBytes", live == null ? 0 : live.usedBytes());
    json.put("dataPool", live == null ? "" : live.dataPool());
    json.put("createdAt", live == null ? "" : live.createdAt().toString());
    json.put("openBy", clients.all());
    json.put("openByUntold", clients.untold());
    json.put("state", state());
    json.put(
        "journal",
        Map.of(
            "directory", facts.directory(),
            "key", facts.directoryKey(),
            "value", facts.directoryValue(),
            "object", facts.object(),
            "keys", facts.keys()));
    json.put("snapshotList", facts.snapshots());
    json.put("shownBy", facts.shownBy());
    return json;
  }
}
