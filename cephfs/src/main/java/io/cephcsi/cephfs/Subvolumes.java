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
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cluster.Json;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The subvolumes in one group of a filesystem, by the manager's module volumes; each method is one
 * command unless it says more. Every failure is told with its meaning: what is expected as a value,
 * a manager or a metadata server that does not answer as {@link CsiException.Unavailable}.
 */
public final class Subvolumes {
  /** Longer than a busy manager takes; nothing can stop a command that was sent. */
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .toFormatter();

  private final Cluster cluster;
  private final FileSystem fileSystem;
  private final String group;
  private final FileSystemMaps maps;

  /**
   * @param group empty for subvolumes that are in no group
   * @param maps hears when the filesystem is not there by its name any more, or nobody serves it
   */
  Subvolumes(Cluster cluster, FileSystem fileSystem, String group, FileSystemMaps maps) {
    this.cluster = cluster;
    this.fileSystem = fileSystem;
    this.group = group;
    this.maps = maps;
  }

  /** The same filesystem's subvolumes in another group. */
  public Subvolumes in(String otherGroup) {
    return new Subvolumes(cluster, fileSystem, otherGroup, maps);
  }

  /** As {@link #in}, in each of the other groups, and in none; one command. */
  public List<Subvolumes> others() {
    return Stream.concat(groups().stream(), Stream.of(""))
        .filter(other -> !other.equals(group))
        .map(this::in)
        .toList();
  }

  /** The group that they are in. */
  public String group() {
    return group;
  }

  /** The means to keep their clients from changing them. */
  public QuiesceSets quiesceSets() {
    return new QuiesceSets(this);
  }

  /**
   * The directory of a subvolume, which has its snapshots, and its data below a name of the
   * manager's choice.
   */
  public String directory(String name) {
    return "/volumes/%s/%s".formatted(group.isEmpty() ? "_nogroup" : group, name);
  }

  /**
   * Makes a subvolume; makes its group first when that is missing. One that is there already gets
   * that quota, so that the caller must know that it is its own.
   *
   * @param quotaBytes 0 for no bound
   * @param dataPool empty for that of the group
   * @throws CsiException.InvalidArgument when the pool is none of the filesystem's
   */
  public void create(String name, long quotaBytes, String dataPool) {
    try {
      createInGroup(name, quotaBytes, dataPool);
    } catch (CephException e) {
      if (!groupMissing(e)) {
        throw told(e);
      }
      createGroup();
      try {
        createInGroup(name, quotaBytes, dataPool);
      } catch (CephException second) {
        throw told(second);
      }
    }
  }

  private void createInGroup(String name, long quotaBytes, String dataPool) {
    var request =
        request("fs subvolume create")
            .with("sub_name", name)
            .withIfAny("pool_layout", dataPool)
            .with("namespace_isolated", false);
    if (quotaBytes > 0) {
      request.with("size", quotaBytes);
    }
    try {
      var _ = send(request);
    } catch (CephException e) {
      throw e.errno() == EINVAL && said(e, "pool layout") ? wrongPool(dataPool, e) : e;
    }
  }

  private CsiException wrongPool(String dataPool, CephException e) {
    return new CsiException.InvalidArgument(
        "pool %s is no data pool of filesystem %s (%s): ceph fs add_data_pool, or name another as pool"
            .formatted(dataPool, fileSystem.name(), e.getMessage()));
  }

  private void createGroup() {
    try {
      var request = ofFileSystem("fs subvolumegroup create");
      var _ = send(request.with("group_name", group));
    } catch (CephException e) {
      throw told(e);
    }
  }

  /** The names of all groups; what is in none is not among them. */
  public Set<String> groups() {
    try {
      Set<String> groups = new TreeSet<>();
      json(send(ofFileSystem("fs subvolumegroup ls")))
          .forEach(g -> groups.add(g.path("name").asText()));
      return groups;
    } catch (CephException e) {
      throw told(e);
    }
  }

  /** The names of all in the group, those with nothing but snapshots too. */
  public Set<String> names() {
    try {
      Set<String> names = new HashSet<>();
      json(send(request("fs subvolume ls"))).forEach(s -> names.add(s.path("name").asText()));
      return names;
    } catch (CephException e) {
      if (groupMissing(e)) {
        return Set.of();
      }
      throw told(e);
    }
  }

  /** What there is of a subvolume; empty when there is nothing. */
  public Optional<Subvolume> find(String name) {
    try {
      JsonNode info = json(send(request("fs subvolume info").with("sub_name", name)));
      return Optional.of(subvolume(info));
    } catch (CephException e) {
      if (e.errno() == EAGAIN) {
        return Optional.of(new Subvolume.Unfinished());
      }
      if (e.errno() == ENODATA) {
        return Optional.of(new Subvolume.HalfMade());
      }
      return absent(e);
    }
  }

  private static Subvolume subvolume(JsonNode info) {
    if (info.path("state").asText().equals("snapshot-retained")) {
      return new Subvolume.Retained();
    }
    return new Subvolume.Live(
        info.path("path").asText(),
        info.path("bytes_quota").asLong(0), // or "infinite"
        info.path("bytes_used").asLong(0),
        info.path("data_pool").asText(),
        time(info.path("created_at")));
  }

  private static Instant time(JsonNode text) {
    return LocalDateTime.parse(text.asText(), TIME).toInstant(ZoneOffset.UTC);
  }

  /**
   * The path of a subvolume's root.
   *
   * @return empty when there is none that can be used
   */
  public Optional<String> path(String name) {
    try {
      // The answer is plain text.
      return Optional.of(send(request("fs subvolume getpath").with("sub_name", name)).strip());
    } catch (CephException e) {
      return e.errno() == EAGAIN ? Optional.empty() : absent(e);
    }
  }

  /**
   * Sets a subvolume's quota, also to less than it was.
   *
   * @return false when there is no such subvolume
   * @throws CsiException.OutOfRange when it is less than what is used
   * @throws CsiException.Aborted when it is a clone that is not complete
   */
  public boolean resize(String name, long quotaBytes) {
    try {
      var _ =
          send(
              request("fs subvolume resize")
                  .with("sub_name", name)
                  .with("new_size", Long.toString(quotaBytes))
                  .with("no_shrink", true));
      return true;
    } catch (CephException e) {
      if (e.errno() == EINVAL && said(e, "used size")) {
        throw new CsiException.OutOfRange(
            "subvolume %s cannot have %d bytes, it has more in it (%s): ask for more"
                .formatted(name, quotaBytes, e.getMessage()));
      }
      return there(e, name);
    }
  }

  /**
   * Removes a subvolume; its snapshots stay, and with the last of them the rest goes. One that is
   * not there, or was removed before, is no error. Those of Ceph before 16 cannot leave snapshots
   * behind, and cost a second command.
   *
   * @return false when it is not there
   * @throws CsiException.FailedPrecondition when it has snapshots that cannot stay without it
   * @throws CsiException.Aborted when it is a clone that is not complete
   */
  public boolean remove(String name) {
    try {
      var _ = send(removal(name).with("retain_snapshots", true));
      return true;
    } catch (CephException e) {
      return removed(e, name);
    }
  }

  private boolean removeWhole(String name) {
    try {
      var _ = send(removal(name));
      return true;
    } catch (CephException e) {
      if (e.errno() == ENOTEMPTY) {
        throw new CsiException.FailedPrecondition(
            "subvolume %s has snapshots and was made before Ceph could keep them without it: delete them first"
                .formatted(name));
      }
      return there(e, name);
    }
  }

  /**
   * Removes a subvolume whatever state it is in, with a clone that is running first canceled; not
   * the snapshots that it may have. Two commands for a clone that runs, and for what cannot leave
   * snapshots behind.
   *
   * @throws CsiException.FailedPrecondition when it has snapshots that cannot stay without it
   */
  public void removeUnfinished(String name) {
    try {
      var _ = send(removal(name).with("force", true).with("retain_snapshots", true));
    } catch (CephException e) {
      if (e.errno() == EAGAIN) {
        cancelClone(name);
        removeCanceled(name);
      } else {
        var _ = removed(e, name);
      }
    }
  }

  private void removeCanceled(String name) {
    try {
      var _ = send(removal(name).with("force", true).with("retain_snapshots", true));
    } catch (CephException e) {
      var _ = removed(e, name);
    }
  }

  private boolean removed(CephException e, String name) {
    boolean whole = e.errno() == EINVAL && said(e, "retention");
    return whole ? removeWhole(name) : there(e, name);
  }

  private ManagerRequest removal(String name) {
    return request("fs subvolume rm").with("sub_name", name);
  }

  /**
   * Cuts a snapshot; one of that name that is there already stays as it is.
   *
   * @return false when there is no such subvolume
   * @throws CsiException.Aborted when it is a clone that is not complete
   */
  public boolean cut(String name, String snapshot) {
    try {
      var _ = send(ofSnapshot("fs subvolume snapshot create", name, snapshot));
      return true;
    } catch (CephException e) {
      return there(e, name);
    }
  }

  /** What there is of a snapshot; empty when it or its subvolume is not there. */
  public Optional<SubvolumeSnapshot> snapshot(String name, String snapshot) {
    try {
      JsonNode info = json(send(ofSnapshot("fs subvolume snapshot info", name, snapshot)));
      return Optional.of(
          new SubvolumeSnapshot(
              time(info.path("created_at")),
              info.path("has_pending_clones").asText().equals("yes")));
    } catch (CephException e) {
      return e.errno() == EAGAIN ? Optional.empty() : absent(e);
    }
  }

  /**
   * Removes a snapshot; one that is not there, or without its subvolume, is no error. A filesystem
   * that is full costs a second command.
   *
   * @return false when it is not there
   * @throws CsiException.FailedPrecondition when clones of it are not complete
   */
  public boolean removeSnapshot(String name, String snapshot) {
    var request = ofSnapshot("fs subvolume snapshot rm", name, snapshot);
    try {
      var _ = send(request);
      return true;
    } catch (CephException e) {
      if (e.errno() == EAGAIN && said(e, "failed to remove snapshot metadata")) {
        return removeByForce(request, name, snapshot);
      }
      return snapshotThere(e, name, snapshot);
    }
  }

  /** By force it goes without its metadata, but none that is not there is told of. */
  private boolean removeByForce(ManagerRequest request, String name, String snapshot) {
    try {
      var _ = send(request.with("force", true));
      return true;
    } catch (CephException e) {
      return snapshotThere(e, name, snapshot);
    }
  }

  private boolean snapshotThere(CephException e, String name, String snapshot) {
    if (e.errno() == EAGAIN && said(e, "pending clones")) {
      throw new CsiException.FailedPrecondition(
          "snapshot %s of subvolume %s is still being cloned: wait for the volumes that are restored from it"
              .formatted(snapshot, name));
    }
    return there(e, name);
  }

  /**
   * Begins to copy a snapshot into a new subvolume, which the manager does by itself; makes the
   * group of that one first when it is missing.
   *
   * @param target a subvolume of this filesystem
   * @param targetGroup empty for none
   * @param dataPool empty for that of the snapshot
   * @return false when the snapshot or its subvolume is not there
   * @throws CsiException.ResourceExhausted when the manager has enough clones to make
   * @throws CsiException.InvalidArgument when the pool is none of the filesystem's
   */
  public boolean cloneSnapshot(
      String name, String snapshot, String target, String targetGroup, String dataPool) {
    var request =
        ofSnapshot("fs subvolume snapshot clone", name, snapshot)
            .with("target_sub_name", target)
            .withIfAny("target_group_name", targetGroup)
            .withIfAny("pool_layout", dataPool);
    try {
      var _ = send(request);
      return true;
    } catch (CephException e) {
      Subvolumes targets = in(targetGroup);
      if (targetGroup.equals(group) || !targets.groupMissing(e)) {
        return begun(e, name, dataPool);
      }
      targets.createGroup();
      try {
        var _ = send(request);
        return true;
      } catch (CephException second) {
        return begun(second, name, dataPool);
      }
    }
  }

  private boolean begun(CephException e, String name, String dataPool) {
    if (e.errno() == EEXIST) {
      return true; // by this or another call; the state tells the rest
    }
    if (e.errno() == EAGAIN) {
      throw new CsiException.ResourceExhausted(
          "the manager takes no more clones now (%s): ask again, or raise mgr/volumes/max_concurrent_clones"
              .formatted(e.getMessage()));
    }
    if (e.errno() == EINVAL && said(e, "pool layout")) {
      throw wrongPool(dataPool, e);
    }
    return there(e, name);
  }

  /** How far a clone is; a subvolume that is none is complete; empty when it is not there. */
  public Optional<CloneState> cloneState(String name) {
    try {
      return Optional.of(cloneState(json(send(ofClone("fs clone status", name)))));
    } catch (CephException e) {
      return e.errno() == EOPNOTSUPP && !moduleMissing(e)
          ? Optional.of(new CloneState.Complete())
          : absent(e);
    }
  }

  private static CloneState cloneState(JsonNode answer) {
    JsonNode status = answer.path("status");
    String state = status.path("state").asText();
    CloneSource source = source(status.path("source"));
    return switch (state) {
      case "complete" -> new CloneState.Complete();
      case "pending" -> new CloneState.Running("it waits for its turn", source);
      case "in-progress" -> new CloneState.Running(progress(status), source);
      default -> new CloneState.Broken(state + failure(status), source);
    };
  }

  private static CloneSource source(JsonNode told) {
    return new CloneSource(
        told.path("group").asText(""),
        told.path("subvolume").asText(""),
        told.path("snapshot").asText(""));
  }

  /** The names of a subvolume's snapshots. */
  public Set<String> snapshots(String name) {
    try {
      Set<String> names = new TreeSet<>();
      json(send(request("fs subvolume snapshot ls").with("sub_name", name)))
          .forEach(s -> names.add(s.path("name").asText()));
      return names;
    } catch (CephException e) {
      return e.errno() == EAGAIN ? Set.of() : this.<Set<String>>absent(e).orElse(Set.of());
    }
  }

  /** Only newer Ceph tells. */
  private static String progress(JsonNode status) {
    JsonNode report = status.path("progress_report");
    return report.isMissingNode()
        ? "it is being copied"
        : "it is being copied, %s of %s"
            .formatted(
                report.path("percentage cloned").asText("some"),
                report.path("amount cloned").asText("the data"));
  }

  private static String failure(JsonNode status) {
    JsonNode failure = status.path("failure");
    return failure.isMissingNode()
        ? ""
        : ": %s (errno %s)"
            .formatted(failure.path("error_msg").asText(), failure.path("errno").asText());
  }

  /** Stops a clone; one that is complete or gone is no error. */
  private void cancelClone(String name) {
    try {
      var _ = send(ofClone("fs clone cancel", name));
    } catch (CephException e) {
      boolean none = e.errno() == EINVAL && !unknownCommand(e);
      if (!none && (e.errno() != EOPNOTSUPP || moduleMissing(e))) {
        var _ = there(e, name);
      }
    }
  }

  /**
   * Sets a subvolume's metadata, a command for each entry.
   *
   * @return false when this Ceph has none, or there is no such subvolume
   */
  public boolean putMetadata(String name, Map<String, String> entries) {
    return put(request("fs subvolume metadata set").with("sub_name", name), name, entries);
  }

  /** As {@link #putMetadata}, of a snapshot. */
  public boolean putSnapshotMetadata(String name, String snapshot, Map<String, String> entries) {
    return put(ofSnapshot("fs subvolume snapshot metadata set", name, snapshot), name, entries);
  }

  private boolean put(ManagerRequest request, String name, Map<String, String> entries) {
    try {
      for (var entry : new TreeMap<>(entries).entrySet()) {
        var _ = send(request.with("key_name", entry.getKey()).with("value", entry.getValue()));
      }
      return true;
    } catch (CephException e) {
      if (unknownCommand(e)) {
        var _ = find(name); // a manager that is still starting knows no command at all
        return false;
      }
      return there(e, name);
    }
  }

  private ManagerRequest request(String prefix) {
    return ofFileSystem(prefix).withIfAny("group_name", group);
  }

  ManagerRequest ofFileSystem(String prefix) {
    return new ManagerRequest(prefix, fileSystem.name());
  }

  private ManagerRequest ofSnapshot(String prefix, String name, String snapshot) {
    return request(prefix).with("sub_name", name).with("snap_name", snapshot);
  }

  private ManagerRequest ofClone(String prefix, String name) {
    return request(prefix).with("clone_name", name);
  }

  /**
   * A command on a filesystem that nobody serves is not sent: the manager would wait for a metadata
   * server, and with it all commands that come after, on other filesystems too.
   */
  String send(ManagerRequest request) {
    if (!fileSystem.active()) {
      throw notServed();
    }
    try (var _ = Phase.MGR.begin()) {
      return cluster.managerCommand(request.text(), TIMEOUT, this::requireServed);
    }
  }

  /** Asks the monitors anew, as the next call does if nobody serves the filesystem. */
  private void requireServed() {
    maps.forget(cluster);
    if (maps.of(cluster, fileSystem.id()).filter(now -> !now.active()).isPresent()) {
      throw notServed();
    }
  }

  static JsonNode json(String answer) {
    try {
      return Json.MAPPER.readTree(answer);
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable(
          "the manager's answer is not JSON: %s; see whether this Ceph is one that is tested (cephcsi preflight)"
              .formatted(answer),
          e);
    }
  }

  /** Nothing, when that is what the failure says; else the failure, told. */
  <T> Optional<T> absent(CephException e) {
    if (e.errno() == ENOENT && !fileSystemMissing(e)) {
      return Optional.empty();
    }
    throw told(e);
  }

  /** False when the failure says that the subvolume is not there; else the failure, told. */
  private boolean there(CephException e, String name) {
    if (e.errno() == EAGAIN) {
      throw new CsiException.Aborted(
          "subvolume %s is a clone that is not complete, ask again: %s"
              .formatted(name, e.getMessage()));
    }
    return absent(e).isPresent();
  }

  RuntimeException told(CephException e) {
    if (e.errno() == ETIMEDOUT) {
      return new CsiException.Unavailable(
          "%s; see whether a manager is active (ceph mgr stat) and filesystem %s has an active metadata server (ceph fs status), the call can be repeated"
              .formatted(e.getMessage(), fileSystem.name()),
          e);
    }
    if (unknownCommand(e) || e.errno() == EOPNOTSUPP) {
      return new CsiException.Unavailable(
          "%s; the manager's module volumes is still starting or off: ceph mgr module ls"
              .formatted(e.getMessage()),
          e);
    }
    if (e.errno() == EAGAIN) {
      return new CsiException.ResourceExhausted(
          "the manager has too much to do: %s; ask again".formatted(e.getMessage()));
    }
    if (fileSystemMissing(e)) {
      maps.forget(cluster);
      return new CsiException.Unavailable(
          "filesystem %s is gone or has another name now, ask again: %s"
              .formatted(fileSystem.name(), e.getMessage()),
          e);
    }
    return e;
  }

  private CsiException notServed() {
    return new CsiException.Unavailable(
        "filesystem %1$s has no active metadata server, which the manager needs for its subvolumes: start one, or let it join (ceph fs status %1$s, ceph fs set %1$s joinable true), and ask again"
            .formatted(fileSystem.name()),
        null);
  }

  /** A manager that is still starting says so of a module that it has. */
  private static boolean moduleMissing(CephException e) {
    return e.errno() == EOPNOTSUPP && said(e, "is not enabled");
  }

  static boolean unknownCommand(CephException e) {
    return e.errno() == EINVAL && said(e, "No handler found");
  }

  private boolean groupMissing(CephException e) {
    return e.errno() == ENOENT && said(e, "subvolume group '" + group + "' does not exist");
  }

  boolean fileSystemMissing(CephException e) {
    return e.errno() == ENOENT && said(e, "FS '" + fileSystem.name() + "' not found");
  }

  private static boolean said(CephException e, String words) {
    return String.valueOf(e.getMessage()).contains(words);
  }
}
