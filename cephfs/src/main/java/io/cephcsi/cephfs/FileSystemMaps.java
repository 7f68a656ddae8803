package io.cephcsi.cephfs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cluster.Json;
import io.cephcsi.csi.CsiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The filesystems of clusters. Monitors are asked about one that is not known yet, and then only
 * every few minutes: names, ids and pools of filesystems hardly ever change, and whoever meets a
 * change says so by {@link #forget}. One that no metadata server serves is asked about each time.
 */
final class FileSystemMaps {
  /** For a filesystem made anew under the same name, in the same pools, which nobody meets. */
  private static final Duration GOOD_FOR = Duration.ofMinutes(5);

  private record Known(List<FileSystem> all, long askedAtNanos) {
    static final Known NOTHING = new Known(List.of(), 0);

    boolean fresh() {
      return System.nanoTime() - askedAtNanos < GOOD_FOR.toNanos();
    }
  }

  /** By the clusters' fsids. */
  private final ConcurrentHashMap<String, Known> known = new ConcurrentHashMap<>();

  /** The filesystem of that name; empty when the cluster has none. */
  Optional<FileSystem> named(Cluster cluster, String name) {
    return find(cluster, fs -> fs.name().equals(name));
  }

  /** The filesystem of that FSCID; empty when the cluster has none. */
  Optional<FileSystem> of(Cluster cluster, long id) {
    return find(cluster, fs -> fs.id() == id);
  }

  private Optional<FileSystem> find(Cluster cluster, Predicate<FileSystem> wanted) {
    String fsid = cluster.fsid();
    Known last = known.getOrDefault(fsid, Known.NOTHING);
    Optional<FileSystem> found = first(last.all(), wanted);
    if (last.fresh() && found.filter(FileSystem::active).isPresent()) {
      return found;
    }
    long now = System.nanoTime();
    List<FileSystem> all = ask(cluster);
    known.put(fsid, new Known(all, now));
    return first(all, wanted);
  }

  private static Optional<FileSystem> first(List<FileSystem> all, Predicate<FileSystem> wanted) {
    return all.stream().filter(wanted).findFirst();
  }

  /** Asks the monitors for all, in the order of ids. Monitor command {@code fs dump}. */
  static List<FileSystem> ask(Cluster cluster) {
    List<FileSystem> all = new ArrayList<>();
    try {
      String dump = cluster.monitorCommand("{\"prefix\":\"fs dump\",\"format\":\"json\"}");
      for (JsonNode fs : Json.MAPPER.readTree(dump).path("filesystems")) {
        all.add(fileSystem(fs.path("id").asLong(), fs.path("mdsmap")));
      }
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable(
          "the monitors' list of filesystems is not JSON: see whether this Ceph is one that is tested (cephcsi preflight)",
          e);
    }
    all.sort((one, other) -> Long.compare(one.id(), other.id()));
    return List.copyOf(all);
  }

  private static FileSystem fileSystem(long id, JsonNode map) {
    List<Long> dataPools = new ArrayList<>();
    map.path("data_pools").forEach(pool -> dataPools.add(pool.asLong()));
    boolean active = map.path("info").valueStream().anyMatch(FileSystemMaps::serves);
    return new FileSystem(
        map.path("fs_name").asText(), id, map.path("metadata_pool").asLong(), dataPools, active);
  }

  /**
   * One that the monitors have not heard of for a while keeps its state, where no other is left.
   */
  private static boolean serves(JsonNode server) {
    return server.path("state").asText().equals("up:active") && !server.has("laggy_since");
  }

  /** Lets the monitors be asked again. */
  void forget(Cluster cluster) {
    known.remove(cluster.fsid());
  }
}
