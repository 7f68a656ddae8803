package io.cephcsi.cephfs;

import static io.cephcsi.ceph.Errno.EAGAIN;
import static io.cephcsi.ceph.Errno.EEXIST;
import static io.cephcsi.ceph.Errno.EINVAL;
import static io.cephcsi.ceph.Errno.ENODATA;
import static io.cephcsi.ceph.Errno.ENOENT;
import static io.cephcsi.ceph.Errno.ENOTEMPTY;
import static io.cephcsi.ceph.Errno.EOPNOTSUPP;
import static io.cephcsi.ceph.Errno.ETIMEDOUT;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.cluster.Json;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The manager's module volumes of a {@link MemoryCluster}, with the monitors' {@code fs dump} and
 * {@code df}; {@code SubvolumesContract} holds it to what a real one does. It refuses commands and
 * keys that Ceph does not know, as a test's mistake.
 */
public final class MemoryVolumes {
  /** What a filesystem has. */
  private static final class Fs {
    final long id;
    final long metadataPool;
    final List<String> dataPools = new ArrayList<>();
    final TreeMap<String, TreeMap<String, StoredSubvolume>> groups = new TreeMap<>();
    boolean active = true;

    Fs(long id, long metadataPool) {
      this.id = id;
      this.metadataPool = metadataPool;
      groups.put("", new TreeMap<>());
    }
  }

  /** What goes wrong with a command; the text is Ceph's. */
  static final class Refused extends Exception {
    final int errno;

    Refused(int errno, String status) {
      super(status);
      this.errno = errno;
    }
  }

  private interface Answer {
    String to(Fs fs, JsonNode request) throws Refused;
  }

  private record Command(Set<String> keys, Answer answer) {}

  private static final Set<String> COMMON = Set.of("prefix", "format", "vol_name", "group_name");

  private final MemoryCluster cluster;
  private final TreeMap<String, Fs> all = new TreeMap<>();
  private final TreeMap<String, Command> commands = new TreeMap<>();
  private final MemoryQuiesceSets quiesceSets = new MemoryQuiesceSets();
  private long lastId;
  private int looksPerClone;
  private boolean clonerBusy;
  private boolean metadataKnown = true;
  private boolean full;
  private String version = "16.2.15";

  /** Serves the cluster from now on, which gets one filesystem, {@code cephfs}. */
  public MemoryVolumes(MemoryCluster cluster) {
    this.cluster = cluster;
    addFileSystem("cephfs");
    command("fs subvolumegroup create", this::createGroup);
    command("fs subvolumegroup ls", this::listGroups);
    command("fs subvolume create", this::create, "size", "pool_layout", "namespace_isolated");
    command("fs subvolume info", this::info);
    command("fs subvolume getpath", this::path);
    command("fs subvolume ls", this::list);
    command("fs subvolume resize", this::resize, "new_size", "no_shrink");
    command("fs subvolume rm", this::remove, "force", "retain_snapshots");
    command("fs subvolume metadata set", this::setMetadata, "key_name", "value");
    command("fs subvolume snapshot create", this::cut, "snap_name");
    command("fs subvolume snapshot ls", this::listSnapshots);
    command("fs subvolume snapshot info", this::snapshotInfo, "snap_name");
    command("fs subvolume snapshot rm", this::removeSnapshot, "snap_name", "force");
    command(
        "fs subvolume snapshot metadata set",
        this::setSnapshotMetadata,
        "snap_name",
        "key_name",
        "value");
    command(
        "fs subvolume snapshot clone",
        this::cloneSnapshot,
        "snap_name",
        "target_sub_name",
        "target_group_name",
        "pool_layout");
    command("fs clone status", this::cloneStatus, "clone_name");
    command("fs clone cancel", this::cancelClone, "clone_name");
    command(
        "fs quiesce",
        this::quiesce,
        "set_id",
        "members",
        "timeout",
        "expiration",
        "if_version",
        "reset",
        "query",
        "release",
        "cancel");
    cluster.onManagerCommand(this::manager);
    cluster.onMonitorCommand(this::monitor);
  }

  private void command(String prefix, Answer answer, String... keys) {
    var allowed = new HashSet<>(COMMON);
    allowed.add("sub_name");
    allowed.addAll(List.of(keys));
    commands.put(prefix, new Command(allowed, answer));
  }

  /** Adds a filesystem with pools of its own, {@code <name>_metadata} and {@code <name>_data}. */
  public synchronized long addFileSystem(String name) {
    var fs = new Fs(++lastId, cluster.addPool(name + "_metadata"));
    all.put(name, fs);
    addDataPool(name, name + "_data");
    return fs.id;
  }

  /** Gives a filesystem one more data pool. */
  public synchronized void addDataPool(String fs, String pool) {
    var _ = cluster.addPool(pool);
    stored(fs).dataPools.add(pool);
  }

  /** Removes a filesystem with its pools. */
  public synchronized void removeFileSystem(String name) {
    Fs fs = stored(name);
    all.remove(name);
    cluster.removePool(name + "_metadata");
    fs.dataPools.forEach(cluster::removePool);
  }

  /** Gives a filesystem another name, as newer Ceph can. */
  public synchronized void renameFileSystem(String name, String newName) {
    Fs fs = stored(name);
    all.remove(name);
    all.put(newName, fs);
  }

  /** Whether a metadata server serves it. */
  public synchronized void setActive(String name, boolean active) {
    stored(name).active = active;
  }

  private Fs stored(String name) {
    return Optional.ofNullable(all.get(name)).orElseThrow();
  }

  /** A subvolume in the group {@code csi} of {@code cephfs}. */
  public synchronized Optional<StoredSubvolume> subvolume(String name) {
    return Optional.ofNullable(subvolumes("cephfs", "csi").get(name));
  }

  /** The subvolumes of a group by their names; to look at and to change. */
  public synchronized Map<String, StoredSubvolume> subvolumes(String fs, String group) {
    return stored(fs).groups.getOrDefault(group, new TreeMap<>());
  }

  /** Whether a filesystem has the group. */
  public synchronized boolean hasGroup(String fs, String group) {
    return stored(fs).groups.containsKey(group);
  }

  /** How often clones that are begun from now on are looked at until they are complete. */
  public synchronized void clonesTake(int looks) {
    looksPerClone = looks;
  }

  /** Lets the manager refuse new clones, as newer Ceph does when all its cloners are busy. */
  public synchronized void setClonerBusy(boolean busy) {
    clonerBusy = busy;
  }

  /** Lets the manager not know metadata, as Ceph before 16.2.8. */
  public synchronized void withoutMetadata() {
    metadataKnown = false;
  }

  /** Lets the manager not write the metadata of snapshots that are to go. */
  public synchronized void fill() {
    full = true;
  }

  /** Lets the cluster be of another version. */
  public synchronized void setVersion(String text) {
    version = text;
  }

  private synchronized String manager(String json) {
    JsonNode request = parse(json);
    String prefix = request.path("prefix").asText();
    Command command = commands.get(prefix);
    try {
      if (command == null || !known(prefix)) {
        throw new Refused(EINVAL, "No handler found for '" + prefix + "'");
      }
      request.fieldNames().forEachRemaining(key -> requireKey(command, key, json));
      Fs fs = all.get(request.path("vol_name").asText());
      if (fs == null) {
        throw new Refused(ENOENT, "FS '" + request.path("vol_name").asText() + "' not found");
      }
      if (!fs.active) {
        throw new CephException(ETIMEDOUT, "manager command " + json); // it waits for ever
      }
      return command.answer().to(fs, request);
    } catch (Refused e) {
      throw new CephException(e.errno, json + ": " + e.getMessage());
    }
  }

  private boolean known(String prefix) {
    return switch (prefix) {
      case "fs quiesce" -> Integer.parseInt(version.replaceFirst("\\..*", "")) >= 19;
      default -> metadataKnown || !prefix.contains("metadata");
    };
  }

  private static void requireKey(Command command, String key, String json) {
    if (!command.keys().contains(key)) {
      throw new IllegalArgumentException("Ceph knows no key " + key + " in " + json);
    }
  }

  private static JsonNode parse(String json) {
    try {
      return Json.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
  }

  private Map<String, StoredSubvolume> group(Fs fs, JsonNode request, String key) throws Refused {
    String name = request.path(key).asText();
    var group = fs.groups.get(name);
    if (group == null) {
      throw new Refused(ENOENT, "subvolume group '" + name + "' does not exist");
    }
    return group;
  }

  private StoredSubvolume named(Fs fs, JsonNode request, String key) throws Refused {
    String name = request.path(key).asText();
    StoredSubvolume subvolume = group(fs, request, "group_name").get(name);
    if (subvolume == null) {
      throw new Refused(ENOENT, "subvolume '" + name + "' does not exist");
    }
    return subvolume;
  }

  private StoredSubvolume ready(Fs fs, JsonNode request, String operation) throws Refused {
    StoredSubvolume subvolume = named(fs, request, "sub_name");
    if (subvolume.unfinished()) {
      throw notReady(request, operation);
    }
    return subvolume;
  }

  private StoredSubvolume live(Fs fs, JsonNode request, String operation) throws Refused {
    StoredSubvolume subvolume = ready(fs, request, operation);
    if (subvolume.state.equals("snapshot-retained")) {
      throw new Refused(
          ENOENT,
          "subvolume '%s' is removed and has only snapshots retained"
              .formatted(request.path("sub_name").asText()));
    }
    return subvolume;
  }

  private static Refused notReady(JsonNode request, String operation) {
    return new Refused(
        EAGAIN,
        "subvolume '%s' is not ready for operation %s"
            .formatted(request.path("sub_name").asText(), operation));
  }

  private String createGroup(Fs fs, JsonNode request) {
    fs.groups.putIfAbsent(request.path("group_name").asText(), new TreeMap<>());
    return "";
  }

  private String listGroups(Fs fs, JsonNode request) {
    ArrayNode names = Json.MAPPER.createArrayNode();
    fs.groups.keySet().stream()
        .filter(name -> !name.isEmpty())
        .forEach(name -> names.addObject().put("name", name));
    return names.toPrettyString() + "\n";
  }

  private String create(Fs fs, JsonNode request) throws Refused {
    var group = group(fs, request, "group_name");
    String name = request.path("sub_name").asText();
    String pool = request.path("pool_layout").asText("");
    requireDataPool(fs, pool);
    if (request.has("size") && !request.path("size").isIntegralNumber()) {
      throw new IllegalArgumentException("size is no number in " + request);
    }
    StoredSubvolume there = group.get(name);
    if (there != null && there.unfinished()) {
      throw notReady(request, "create");
    }
    StoredSubvolume made = there;
    if (made == null || made.state.equals("snapshot-retained")) {
      made = new StoredSubvolume();
      made.dataPool = fs.dataPools.getFirst();
      if (there != null) {
        made.snapshots.putAll(there.snapshots);
      }
      group.put(name, made);
    }
    if (made.halfMade) {
      made.halfMade = false;
      made.withoutRetention = true;
      made.directory = "";
    }
    if (request.has("size")) {
      made.quotaBytes = request.path("size").asLong();
    }
    if (!pool.isEmpty()) {
      made.dataPool = pool;
    }
    return "";
  }

  private static void requireDataPool(Fs fs, String pool) throws Refused {
    if (!pool.isEmpty() && !fs.dataPools.contains(pool)) {
      throw new Refused(EINVAL, "invalid pool layout '" + pool + "' -- need a valid data pool");
    }
  }

  private String pathOf(JsonNode request, StoredSubvolume subvolume) {
    String group = request.path("group_name").asText("");
    String base =
        "/volumes/%s/%s"
            .formatted(group.isEmpty() ? "_nogroup" : group, request.path("sub_name").asText());
    boolean ofAnOldCeph = subvolume.halfMade || subvolume.directory.isEmpty();
    return ofAnOldCeph ? base : base + "/" + subvolume.directory;
  }

  private String info(Fs fs, JsonNode request) throws Refused {
    StoredSubvolume subvolume = ready(fs, request, "info");
    if (subvolume.halfMade) {
      throw new Refused(ENODATA, "error in getxattr");
    }
    ObjectNode info = Json.MAPPER.createObjectNode().put("state", subvolume.state);
    info.putArray("features").add("snapshot-clone").add("snapshot-autoprotect");
    if (!subvolume.withoutRetention) {
      ((ArrayNode) info.path("features")).add("snapshot-retention");
    }
    if (subvolume.state.equals("snapshot-retained")) {
      return info.toPrettyString() + "\n";
    }
    info.put("path", pathOf(request, subvolume))
        .put("created_at", text(subvolume.createdAt))
        .put("bytes_used", subvolume.usedBytes)
        .put("data_pool", subvolume.dataPool);
    if (subvolume.quotaBytes == 0) {
      info.put("bytes_quota", "infinite");
    } else {
      info.put("bytes_quota", subvolume.quotaBytes);
    }
    return info.toPrettyString() + "\n";
  }

  private String path(Fs fs, JsonNode request) throws Refused {
    return pathOf(request, live(fs, request, "getpath")) + "\n";
  }

  private String list(Fs fs, JsonNode request) throws Refused {
    ArrayNode names = Json.MAPPER.createArrayNode();
    group(fs, request, "group_name").keySet().forEach(n -> names.addObject().put("name", n));
    return names.toPrettyString() + "\n";
  }

  private String resize(Fs fs, JsonNode request) throws Refused {
    StoredSubvolume subvolume = live(fs, request, "resize");
    if (!request.path("new_size").isTextual()) {
      throw new IllegalArgumentException("new_size is no text in " + request);
    }
    long bytes = Long.parseLong(request.path("new_size").asText());
    if (bytes < subvolume.usedBytes && request.path("no_shrink").asBoolean()) {
      throw new Refused(
          EINVAL,
          "Can't resize the subvolume. The new size '%d' would be lesser than the current used size '%d'"
              .formatted(bytes, subvolume.usedBytes));
    }
    subvolume.quotaBytes = bytes;
    return "[]\n";
  }

  private String remove(Fs fs, JsonNode request) throws Refused {
    boolean force = request.path("force").asBoolean();
    boolean retain = request.path("retain_snapshots").asBoolean();
    String name = request.path("sub_name").asText();
    var there = fs.groups.getOrDefault(request.path("group_name").asText(), new TreeMap<>());
    if (force && !there.containsKey(name)) {
      return "";
    }
    StoredSubvolume subvolume = force ? named(fs, request, "sub_name") : ready(fs, request, "rm");
    if ((subvolume.withoutRetention || subvolume.halfMade) && retain) {
      throw new Refused(
          EINVAL, "subvolume '" + name + "' does not support snapshot retention on delete");
    }
    if (subvolume.running()) {
      throw new Refused(EAGAIN, name + " clone in-progress -- please cancel the clone and retry");
    }
    if (subvolume.snapshots.isEmpty()) {
      group(fs, request, "group_name").remove(name);
    } else if (retain) {
      subvolume.state = "snapshot-retained";
      subvolume.metadata.clear();
    } else {
      throw new Refused(ENOTEMPTY, "subvolume '" + name + "' has snapshots");
    }
    return "";
  }

  private String setMetadata(Fs fs, JsonNode request) throws Refused {
    live(fs, request, "metadata-set")
        .metadata
        .put(request.path("key_name").asText(), request.path("value").asText());
    return "";
  }

  private String cut(Fs fs, JsonNode request) throws Refused {
    StoredSubvolume subvolume = live(fs, request, "snap-create");
    subvolume.snapshots.computeIfAbsent(
        request.path("snap_name").asText(), _ -> new StoredSubvolume.Cut(subvolume));
    return "";
  }

  private static StoredSubvolume.Cut cut(StoredSubvolume subvolume, JsonNode request)
      throws Refused {
    String name = request.path("snap_name").asText();
    var cut = subvolume.snapshots.get(name);
    if (cut == null) {
      throw new Refused(ENOENT, "snapshot '" + name + "' does not exist");
    }
    return cut;
  }

  private String snapshotInfo(Fs fs, JsonNode request) throws Refused {
    var cut = cut(ready(fs, request, "snap-info"), request);
    return Json.MAPPER
            .createObjectNode()
            .put("created_at", text(cut.createdAt))
            .put("data_pool", cut.dataPool)
            .put("has_pending_clones", hasPendingClones(fs, request) ? "yes" : "no")
            .toPrettyString()
        + "\n";
  }

  private static String text(Instant time) {
    return LocalDateTime.ofInstant(time, ZoneOffset.UTC)
        .format(DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss"));
  }

  private String listSnapshots(Fs fs, JsonNode request) throws Refused {
    ArrayNode names = Json.MAPPER.createArrayNode();
    ready(fs, request, "snap-list")
        .snapshots
        .keySet()
        .forEach(n -> names.addObject().put("name", n));
    return names.toPrettyString() + "\n";
  }

  private static boolean hasPendingClones(Fs fs, JsonNode request) {
    return fs.groups.values().stream()
        .flatMap(group -> group.values().stream())
        .anyMatch(s ->
            s.running()
                && s.sourceSubvolume.equals(request.path("sub_name").asText())
                && s.sourceSnapshot.equals(request.path("snap_name").asText()));
  }

  private String removeSnapshot(Fs fs, JsonNode request) throws Refused {
    try {
      StoredSubvolume subvolume = ready(fs, request, "snap-rm");
      var _ = cut(subvolume, request);
      String name = request.path("snap_name").asText();
      if (hasPendingClones(fs, request)) {
        throw new Refused(EAGAIN, "snapshot '" + name + "' has pending clones");
      }
      if (full && !request.path("force").asBoolean()) {
        throw new Refused(
            EAGAIN,
            "failed to remove snapshot metadata on snap=%s reason=-28 error in write"
                .formatted(name));
      }
      subvolume.snapshots.remove(name);
      if (subvolume.snapshots.isEmpty() && subvolume.state.equals("snapshot-retained")) {
        group(fs, request, "group_name").remove(request.path("sub_name").asText());
      }
    } catch (Refused e) {
      if (e.errno != ENOENT || !request.path("force").asBoolean()) {
        throw e;
      }
    }
    return "";
  }

  private String setSnapshotMetadata(Fs fs, JsonNode request) throws Refused {
    cut(live(fs, request, "snap-metadata-set"), request)
        .metadata
        .put(request.path("key_name").asText(), request.path("value").asText());
    return "";
  }

  private String cloneSnapshot(Fs fs, JsonNode request) throws Refused {
    StoredSubvolume source = named(fs, request, "sub_name");
    var cut = cut(source, request);
    if (clonerBusy) {
      throw new Refused(EAGAIN, "all cloner threads are busy, please try again later");
    }
    var targets = group(fs, request, "target_group_name");
    String target = request.path("target_sub_name").asText();
    if (targets.containsKey(target)) {
      throw new Refused(EEXIST, "subvolume '" + target + "' exists");
    }
    String pool = request.path("pool_layout").asText("");
    requireDataPool(fs, pool);
    var made = new StoredSubvolume();
    made.clone = true;
    made.state = "pending";
    made.looksLeft = looksPerClone;
    made.quotaWhenComplete = cut.quotaBytes;
    made.dataPool = pool.isEmpty() ? cut.dataPool : pool;
    made.sourceSubvolume = request.path("sub_name").asText();
    made.sourceSnapshot = request.path("snap_name").asText();
    targets.put(target, made);
    return "";
  }

  private StoredSubvolume clone(Fs fs, JsonNode request, String operation) throws Refused {
    StoredSubvolume subvolume = named(fs, request, "clone_name");
    if (!subvolume.clone) {
      throw new Refused(
          EOPNOTSUPP,
          "operation '%s' is not allowed on subvolume '%s' of type subvolume"
              .formatted(operation, request.path("clone_name").asText()));
    }
    return subvolume;
  }

  private String cloneStatus(Fs fs, JsonNode request) throws Refused {
    StoredSubvolume subvolume = clone(fs, request, "clone-status");
    subvolume.goOn();
    ObjectNode answer = Json.MAPPER.createObjectNode();
    ObjectNode status = answer.putObject("status").put("state", subvolume.state);
    if (subvolume.unfinished()) {
      status
          .putObject("source")
          .put("volume", request.path("vol_name").asText())
          .put("subvolume", subvolume.sourceSubvolume)
          .put("snapshot", subvolume.sourceSnapshot)
          .put("group", request.path("group_name").asText());
    }
    if (subvolume.state.equals("failed")) {
      status.putObject("failure").put("errno", "122").put("error_msg", "Disk quota exceeded");
    }
    return answer.toPrettyString() + "\n";
  }

  private String cancelClone(Fs fs, JsonNode request) throws Refused {
    StoredSubvolume subvolume = clone(fs, request, "clone-cancel");
    if (!subvolume.running()) {
      throw new Refused(EINVAL, "cannot cancel -- clone finished (check clone status)");
    }
    subvolume.state = "canceled";
    return "";
  }

  private String quiesce(Fs fs, JsonNode request) throws Refused {
    for (JsonNode member : request.path("members")) {
      String[] words = member.asText().split("/", -1);
      ObjectNode named = Json.MAPPER.createObjectNode().put("sub_name", words[words.length - 1]);
      var subvolume =
          ready(fs, named.put("group_name", words.length > 1 ? words[0] : ""), "getpath");
      if (subvolume.state.equals("snapshot-retained")) {
        throw new Refused(ENOENT, "subvolume '" + member.asText() + "' is removed");
      }
    }
    return quiesceSets.answer(request);
  }

  /**
   * A client writes to a subvolume in the group {@code csi} of {@code cephfs}.
   *
   * @return false when it has to wait, as the subvolume is quiesced
   */
  public synchronized boolean write(String name, int content) {
    if (quiesceSets.keeps("csi/" + name)) {
      return false;
    }
    subvolume(name).orElseThrow().content = content;
    return true;
  }

  /** Whether clients stop writing when they are asked to. */
  public synchronized void setClientsAnswering(boolean answering) {
    quiesceSets.setAnswering(answering);
  }

  /** Lets the time of all that is quiesced be over. */
  public synchronized void expireQuiesced() {
    quiesceSets.expire();
  }

  /** The metadata servers are restarted, and know nothing of what was quiesced. */
  public synchronized void forgetQuiesced() {
    quiesceSets.forget();
  }

  /** Whether any client is kept from writing. */
  public synchronized boolean quiesced() {
    return quiesceSets.active();
  }

  private synchronized String monitor(String json) {
    return switch (parse(json).path("prefix").asText()) {
      case "fs dump" -> dump();
      case "df" -> df();
      case "versions" -> versions();
      case "osd pool ls" -> poolDetails();
      case "health" -> "{\"checks\":{}}";
      default -> throw new CephException(EINVAL, json + ": command not known");
    };
  }

  private String dump() {
    ObjectNode dump = Json.MAPPER.createObjectNode();
    ArrayNode filesystems = dump.putArray("filesystems");
    all.forEach((name, fs) -> {
      ObjectNode map = filesystems.addObject().put("id", fs.id).putObject("mdsmap");
      map.put("fs_name", name).put("metadata_pool", fs.metadataPool);
      ArrayNode pools = map.putArray("data_pools");
      fs.dataPools.forEach(pool -> pools.add(cluster.poolId(pool).orElseThrow()));
      ObjectNode info = map.putObject("info");
      if (fs.active) {
        info.putObject("gid_4107").put("state", "up:active");
      }
    });
    return dump.toString();
  }

  private String df() {
    ObjectNode df = Json.MAPPER.createObjectNode();
    df.putObject("stats").put("total_avail_bytes", 90L << 30);
    ArrayNode pools = df.putArray("pools");
    all.values().stream()
        .flatMap(fs -> fs.dataPools.stream())
        .forEach(pool ->
            pools
                .addObject()
                .put("name", pool)
                .put("id", cluster.poolId(pool).orElseThrow())
                .putObject("stats")
                .put("max_avail", cluster.poolId(pool).orElseThrow() << 30));
    return df.toString();
  }

  private String versions() {
    ObjectNode versions = Json.MAPPER.createObjectNode();
    versions.putObject("overall").put("ceph version " + version + " (abc) name (stable)", 4);
    return versions.toString();
  }

  private String poolDetails() {
    ArrayNode pools = Json.MAPPER.createArrayNode();
    for (Fs fs : all.values()) {
      detail(pools, fs.metadataPool);
      fs.dataPools.forEach(pool -> detail(pools, cluster.poolId(pool).orElseThrow()));
    }
    return pools.toString();
  }

  private void detail(ArrayNode pools, long id) {
    pools
        .addObject()
        .put("pool_id", id)
        .put("pool_name", cluster.poolName(id).orElseThrow())
        .put("flags_names", "hashpspool");
  }
}
