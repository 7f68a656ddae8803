package io.cephcsi.cephfs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cluster.Json;
import io.cephcsi.csi.CsiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The filesystems of clusters. Monitors are asked about one that is not known yet, and then no
 * more: names, ids and pools of filesystems hardly ever change, and whoever meets a change says so
 * by {@link #forget}.
 */
final class FileSystemMaps {
  /** By the clusters' fsids. */
  private final ConcurrentHashMap<String, List<FileSystem>> known = new ConcurrentHashMap<>();

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
    Optional<FileSystem> found = first(known.getOrDefault(fsid, List.of()), wanted);
    return found.isPresent() ? found : first(ask(cluster), wanted);
  }

  private static Optional<FileSystem> first(List<FileSystem> all, Predicate<FileSystem> wanted) {
    return all.stream().filter(wanted).findFirst();
  }

  /** Asks the monitors for all, in the order of ids. Monitor command {@code fs dump}. */
  List<FileSystem> ask(Cluster cluster) {
    List<FileSystem> all = new ArrayList<>();
    try {
      String dump = cluster.monitorCommand("{\"prefix\":\"fs dump\",\"format\":\"json\"}");
      for (JsonNode fs : Json.MAPPER.readTree(dump).path("filesystems")) {
        all.add(fileSystem(fs.path("id").asLong(), fs.path("mdsmap")));
      }
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable("the monitors' list of filesystems is not JSON", e);
    }
    all.sort((one, other) -> Long.compare(one.id(), other.id()));
    known.put(cluster.fsid(), List.copyOf(all));
    return all;
  }

  private static FileSystem fileSystem(long id, JsonNode map) {
    List<Long> dataPools = new ArrayList<>();
    map.path("data_pools").forEach(pool -> dataPools.add(pool.asLong()));
    boolean active =
        map.path("info").valueStream().anyMatch(i -> i.path("state").asText().equals("up:active"));
    return new FileSystem(
        map.path("fs_name").asText(), id, map.path("metadata_pool").asLong(), dataPools, active);
  }

  /** Lets the monitors be asked again. */
  void forget(Cluster cluster) {
    known.remove(cluster.fsid());
  }
}
