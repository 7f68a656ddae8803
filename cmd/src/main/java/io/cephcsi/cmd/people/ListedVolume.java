package io.cephcsi.cmd.people;

import io.cephcsi.cephfs.care.SubvolumeRow;
import io.cephcsi.rbd.care.VolumeRow;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A line of {@code cephcsi volumes ls}, of an image or a subvolume.
 *
 * @param sizeBytes null where nobody tells; so are {@code usedBytes}, {@code openers} and {@code
 *     createdAt}
 * @param place pool and namespace, or filesystem and group
 * @param content the image's or the subvolume's name
 * @param json all that is told of it
 */
record ListedVolume(
    String name,
    String state,
    @Nullable Long sizeBytes,
    @Nullable Long usedBytes,
    @Nullable Integer openers,
    int snapshots,
    @Nullable Instant createdAt,
    String place,
    String content,
    String id,
    Map<String, @Nullable Object> json) {
  static ListedVolume of(VolumeRow row) {
    Map<String, @Nullable Object> json = jsonOf(row);
    json.put("usedBytes", row.usedBytes());
    return new ListedVolume(
        row.name(),
        told(row.state()),
        row.createdAt() == null ? null : row.sizeBytes(),
        row.usedBytes(),
        row.watchers(),
        row.snapshots(),
        row.createdAt(),
        within(row.pool(), row.namespace()),
        row.image(),
        row.id(),
        json);
  }

  static ListedVolume of(SubvolumeRow row) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("name", row.name());
    json.put("id", row.id());
    json.put("fileSystem", row.fileSystem());
    json.put("group", row.group());
    json.put("subvolume", row.subvolume());
    json.put("sizeBytes", row.sizeBytes());
    json.put("watchers", row.clients());
    json.put("snapshots", row.snapshots());
    json.put("createdAt", told(row.createdAt()));
    json.put("state", told(row.state()));
    json.put("usedBytes", row.usedBytes());
    return new ListedVolume(
        row.name(),
        told(row.state()),
        row.sizeBytes() == 0 ? null : row.sizeBytes(),
        row.usedBytes(),
        row.clients(),
        row.snapshots(),
        row.createdAt(),
        within(row.fileSystem(), row.group()),
        row.subvolume(),
        row.id(),
        json);
  }

  /** What {@code volumes show} tells of an image too. */
  static Map<String, @Nullable Object> jsonOf(VolumeRow row) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("name", row.name());
    json.put("id", row.id());
    json.put("pool", row.pool());
    json.put("namespace", row.namespace());
    json.put("image", row.image());
    json.put("imageId", row.imageId());
    json.put("sizeBytes", row.sizeBytes());
    json.put("watchers", row.watchers());
    json.put("snapshots", row.snapshots());
    json.put("createdAt", told(row.createdAt()));
    json.put("state", told(row.state()));
    return json;
  }

  /**
   * All of them.
   *
   * @param used whether that was asked for
   */
  static Table table(List<ListedVolume> rows, boolean used) {
    var table =
        new Table(
            Table.Column.text("NAME", 0, 12),
            Table.Column.text("STATE", 0, 4),
            Table.Column.number("SIZE", 1),
            Table.Column.number("USED", used ? 1 : Table.Column.NEVER),
            Table.Column.number("OPEN", 2),
            Table.Column.number("SNAPS", 4),
            Table.Column.number("AGE", 3),
            Table.Column.text("POOL/FS", 5, 7),
            Table.Column.text("IMAGE", 6, 14),
            Table.Column.text("ID", 7, 20));
    rows.forEach(row ->
        table.row(
            row.name(),
            row.state(),
            bytes(row.sizeBytes()),
            bytes(row.usedBytes()),
            row.openers() == null ? "-" : row.openers().toString(),
            Integer.toString(row.snapshots()),
            age(row.createdAt()),
            row.place(),
            row.content(),
            row.id()));
    return table;
  }

  private static String told(String state) {
    return state.isEmpty() ? "ok" : state;
  }

  private static String told(@Nullable Instant time) {
    return time == null ? "" : time.toString();
  }

  private static String within(String whole, String part) {
    return part.isEmpty() ? whole : whole + "/" + part;
  }

  private static String bytes(@Nullable Long bytes) {
    return bytes == null ? "-" : Figures.bytes(bytes);
  }

  private static String age(@Nullable Instant since) {
    return since == null ? "-" : Figures.age(Duration.between(since, Instant.now()));
  }
}
