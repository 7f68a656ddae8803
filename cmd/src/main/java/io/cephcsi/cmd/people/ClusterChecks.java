package io.cephcsi.cmd.people;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.CephVersion;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cephfs.FileSystem;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cluster.ClusterHealth;
import io.cephcsi.cluster.Json;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.KernelVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a cluster has what a driver needs, for the user that it is asked by. What the user may do
 * is tried with questions that change nothing: the removal of an object that is not there, an
 * address that is none.
 */
final class ClusterChecks {
  private static final Pattern RELEASE = Pattern.compile("ceph version (\\d+)\\.(\\d+)\\.(\\d+)");
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int LIBRARY_BEHIND = 2;

  /** An object that is not there. */
  private static final String NOTHING = "cephcsi.preflight";

  private final Connected connected;

  ClusterChecks(Connected connected) {
    this.connected = connected;
  }

  /** What both drivers need. */
  List<Check> ofCluster() {
    List<Check> checks = new ArrayList<>();
    String user = connected.credentials().toString();
    checks.add(
        Check.ok("connection", "cluster %s as %s".formatted(connected.cluster().fsid(), user)));
    if (!connected.credentials().key().isEmpty()) {
      checks.add(KeyType.of(connected.credentials().key()).check(user, KernelVersion.running()));
    }
    checks.add(versions());
    checks.add(health());
    return checks;
  }

  /** What the RBD driver needs of pools; of all with images where none is named. */
  List<Check> ofRbd(List<String> named) {
    JsonNode pools = ask("osd pool ls\",\"detail\":\"detail");
    List<Check> checks = new ArrayList<>();
    List<String> wanted = connected.pools(named);
    if (wanted.isEmpty()) {
      checks.add(
          Check.problem(
              "pools",
              "none has the application rbd",
              "ceph osd pool create NAME && rbd pool init NAME"));
    }
    for (String name : wanted) {
      checks.addAll(ofPool(name, pools));
    }
    checks.add(
        granted(
            "removal of very large images",
            () -> connected.cluster().managerCommand(command("rbd task list"), PATIENCE),
            Check.State.NOTE,
            "without it DeleteVolume purges them itself",
            "mgr 'profile rbd'"));
    checks.add(
        granted(
            "fencing",
            this::blocklistNobody,
            Check.State.NOTE,
            "--fencing cannot work",
            "mon 'profile rbd', where --fencing is wanted"));
    return checks;
  }

  private List<Check> ofPool(String name, JsonNode pools) {
    String subject = "pool " + name;
    JsonNode pool = null;
    for (JsonNode one : pools) {
      pool = one.path("pool_name").asText().equals(name) ? one : pool;
    }
    if (pool == null) {
      return List.of(
          Check.problem(
              subject,
              "does not exist",
              "ceph osd pool create %1$s && rbd pool init %1$s".formatted(name)));
    }
    List<Check> checks = new ArrayList<>();
    checks.add(
        pool.path("application_metadata").has("rbd")
            ? Check.ok(subject, "has the application rbd")
            : Check.problem(subject, "has not the application rbd", "rbd pool init " + name));
    Set<String> flags = Set.of(pool.path("flags_names").asText().split(",", -1));
    if (flags.contains("full") || flags.contains("full_quota")) {
      checks.add(
          Check.problem(
              subject, "is full", "add OSDs, delete data or raise its quota, see ceph df"));
    }
    checks.addAll(rights(name));
    return checks;
  }

  private List<Check> rights(String name) {
    String caps = "osd 'profile rbd pool=%s'".formatted(name);
    String namespace = connected.config().rbd().namespace();
    return List.of(
        granted(
            "reading in pool " + name,
            () -> inPool(name, namespace, ClusterChecks::readNothing),
            Check.State.PROBLEM,
            "no volume can be listed, staged or made",
            caps),
        granted(
            "writing in pool " + name,
            () -> inPool(name, namespace, ClusterChecks::removeNothing),
            Check.State.PROBLEM,
            "no volume can be made or deleted",
            caps));
  }

  private static void readNothing(Pool pool) {
    var _ = pool.get("csi.volumes.default", Set.of(NOTHING));
  }

  private static void removeNothing(Pool pool) {
    pool.remove(NOTHING);
  }

  private void inPool(String name, String namespace, Consumer<Pool> question) {
    try (Pool pool = connected.cluster().openPool(name, namespace)) {
      question.accept(pool);
    }
  }

  /** An address that is none: who may not is told so before anybody reads it. */
  private void blocklistNobody() {
    try {
      var _ =
          connected
              .cluster()
              .monitorCommand(
                  "{\"prefix\":\"osd blocklist\",\"blocklistop\":\"add\",\"addr\":\"preflight/1\"}");
    } catch (CephException e) {
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
    }
  }

  /** What the CephFS driver needs of filesystems; of all where none is named. */
  List<Check> ofCephFs(List<String> named) {
    List<Check> checks = new ArrayList<>();
    List<FileSystem> known = FileSystems.all(connected.cluster());
    if (known.isEmpty()) {
      checks.add(
          Check.problem(
              "filesystems",
              "there is none that " + connected.credentials() + " may see",
              "ceph fs volume create NAME, or caps for it"));
    }
    for (String name : named) {
      if (known.stream().noneMatch(fs -> fs.name().equals(name))) {
        checks.add(
            Check.problem(
                "filesystem " + name,
                "does not exist, or %s may not see it".formatted(connected.credentials()),
                "ceph fs volume create %s, or another fsName in the class".formatted(name)));
      }
    }
    known.stream()
        .filter(fs -> named.isEmpty() || named.contains(fs.name()))
        .forEach(fs -> checks.addAll(ofFileSystem(fs)));
    return checks;
  }

  private List<Check> ofFileSystem(FileSystem fs) {
    long id = fs.metadataPoolId();
    String metadata = connected.cluster().poolName(id).orElseGet(() -> "" + id);
    String namespace = connected.config().cephFs().namespace();
    return List.of(
        Check.ok("filesystem " + fs.name(), "metadata in pool " + metadata),
        fs.active() ? subvolumes(fs.name()) : unserved(fs.name()),
        granted(
            "the journal in pool " + metadata,
            () -> inPool(metadata, namespace, ClusterChecks::removeNothing),
            Check.State.PROBLEM,
            "no volume can be made or deleted",
            "osd 'allow rw tag cephfs metadata=%s', for the provisioner's user"
                .formatted(fs.name())));
  }

  private Check subvolumes(String fileSystem) {
    return granted(
        "subvolumes of " + fileSystem,
        () ->
            connected
                .cluster()
                .managerCommand(
                    "{\"prefix\":\"fs subvolumegroup ls\",\"vol_name\":\"%s\",\"format\":\"json\"}"
                        .formatted(fileSystem),
                    PATIENCE),
        Check.State.PROBLEM,
        "no volume can be made or deleted",
        "mgr 'allow rw', for the provisioner's user");
  }

  /** The manager is not asked: it would wait without end, and with it all that comes after. */
  private static Check unserved(String fileSystem) {
    return Check.problem(
        "subvolumes of " + fileSystem,
        "it has no active metadata server, so no volume can be made or deleted",
        "start one, or let it join: ceph fs status %1$s, ceph fs set %1$s joinable true"
            .formatted(fileSystem));
  }

  /**
   * A question that is answered to those who may ask it.
   *
   * @param lacking what it is where the user may not, or nobody answers
   */
  private Check granted(
      String what, Runnable question, Check.State lacking, String without, String caps) {
    String subject = "right: " + what;
    try {
      question.run();
      return Check.ok(subject, connected.credentials() + " has it");
    } catch (CephException e) {
      if (!e.denied()) {
        String found = "%s; %s".formatted(e.getMessage(), without);
        return new Check(subject, lacking, found, "see ceph health detail, and ask again");
      }
      String found = "%s lacks it: %s".formatted(connected.credentials(), without);
      String remedy = "add the caps %s, see docs/guides/caps.md".formatted(caps);
      return new Check(subject, lacking, found, remedy);
    }
  }

  private Check versions() {
    Map<String, Integer> releases = new TreeMap<>();
    for (var daemons : ask("versions").path("overall").properties()) {
      Matcher release = RELEASE.matcher(daemons.getKey());
      if (release.find()) {
        releases.put(
            "%s.%s.%s".formatted(release.group(1), release.group(2), release.group(3)),
            Integer.valueOf(release.group(1)));
      }
    }
    String found =
        "Ceph %s, librbd of Ceph %d here"
            .formatted(String.join(" and ", releases.keySet()), CephVersion.ofLibrbd());
    if (releases.size() > 1) {
      return Check.note("versions", found, "finish the upgrade, see ceph versions");
    }
    int newest = releases.values().stream().reduce(0, Math::max);
    return newest - CephVersion.ofLibrbd() > LIBRARY_BEHIND
        ? Check.note(
            "versions", found, "a driver with newer libraries: two releases behind is supported")
        : Check.ok("versions", found);
  }

  private Check health() {
    ClusterHealth health = ClusterHealth.of(connected.cluster());
    boolean severe = health.checks().stream().anyMatch(ClusterHealth.Check::severeForVolumes);
    if (health.checks().isEmpty()) {
      return Check.ok("health", health.summary());
    }
    return severe
        ? Check.problem("health", health.summary(), "see ceph health detail")
        : Check.note("health", health.summary(), "see ceph health detail");
  }

  private JsonNode ask(String prefix) {
    try {
      return Json.MAPPER.readTree(connected.cluster().monitorCommand(command(prefix)));
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable(
          "the monitors' answer to a question is not JSON: see whether this Ceph is one that is tested (cephcsi preflight)",
          e);
    }
  }

  private static String command(String prefix) {
    return "{\"prefix\":\"%s\",\"format\":\"json\"}".formatted(prefix);
  }
}
