package io.cephcsi.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which clusters, and which pools or filesystems of them, hold mirrors of which, in
 * cluster-mapping.json: where a volume, snapshot or group is looked for when it is not where its id
 * says. Read again whenever it is asked for, so that a ConfigMap's new content counts without a
 * restart. A missing file maps nothing.
 */
public final class ClusterMappings {
  private final Path file;
  private final String pairsOfPlaces;

  private ClusterMappings(Path file, String pairsOfPlaces) {
    this.file = file;
    this.pairsOfPlaces = pairsOfPlaces;
  }

  /**
   * Of RBD's pools.
   *
   * @param file normally {@code /etc/ceph-csi-config/cluster-mapping.json}
   */
  public static ClusterMappings ofPools(Path file) {
    return new ClusterMappings(file, "RBDPoolIDMapping");
  }

  /** As {@link #ofPools}, of CephFS's filesystems. */
  public static ClusterMappings ofFileSystems(Path file) {
    return new ClusterMappings(file, "CephFSFscIDMapping");
  }

  /**
   * A pool or filesystem of a cluster.
   *
   * @param location its id
   */
  public record Place(String clusterId, long location) {}

  /** One side of a pair and the other. */
  private record Pair(String left, String right) {
    boolean mentions(String wanted) {
      return left.equals(wanted) || right.equals(wanted);
    }

    Pair turned() {
      return new Pair(/* left= */ right, /* right= */ left);
    }
  }

  /**
   * The places that mirror one, those first whose pair stands in the order of the pair of clusters.
   *
   * @throws CsiException.FailedPrecondition when the file cannot be read or is broken
   */
  public List<Place> of(Place place) {
    Set<Place> places = new LinkedHashSet<>();
    for (JsonNode mapping : mappings()) {
      for (Pair clusters : pairs(mapping.path("clusterIDMapping"))) {
        if (clusters.mentions(place.clusterId())) {
          List<Pair> locations = new ArrayList<>();
          mapping.path(pairsOfPlaces).forEach(pair -> locations.addAll(pairs(pair)));
          boolean forward = clusters.left().equals(place.clusterId());
          String other = forward ? clusters.right() : clusters.left();
          List<Pair> along = forward ? locations : locations.stream().map(Pair::turned).toList();
          add(places, other, place.location(), along);
          add(places, other, place.location(), along.stream().map(Pair::turned).toList());
        }
      }
    }
    return List.copyOf(places);
  }

  private void add(Set<Place> places, String clusterId, long location, List<Pair> locations) {
    for (Pair pair : locations) {
      if (number(pair.left()) == location) {
        places.add(new Place(clusterId, number(pair.right())));
      }
    }
  }

  /** The clusters that mirror one; throws as {@link #of}. */
  public List<String> ofCluster(String clusterId) {
    Set<String> others = new LinkedHashSet<>();
    for (JsonNode mapping : mappings()) {
      for (Pair pair : pairs(mapping.path("clusterIDMapping"))) {
        if (pair.mentions(clusterId)) {
          others.add(pair.left().equals(clusterId) ? pair.right() : pair.left());
        }
      }
    }
    return List.copyOf(others);
  }

  /**
   * The configured cluster of that id, or else the first configured one that mirrors it; empty when
   * there is none. The file is looked at only where the cluster itself is not configured.
   */
  public Optional<ClusterConfig> findConfig(String clusterId, ClusterConfigs configs) {
    return configs
        .find(clusterId)
        .or(() ->
            ofCluster(clusterId).stream()
                .flatMap(mirror -> configs.find(mirror).stream())
                .findFirst());
  }

  /**
   * The clusters that mirror one which is not configured any more; none for one that is, and while
   * the file cannot be read.
   */
  public List<String> ofLost(String clusterId, ClusterConfigs configs) {
    try {
      return configs.find(clusterId).isPresent() ? List.of() : ofCluster(clusterId);
    } catch (CsiException.FailedPrecondition e) {
      return List.of();
    }
  }

  /**
   * Ends a search that has found nothing: one place that refuses may have it, and is told; one that
   * is not configured is lost, and counts only when all are.
   *
   * @param failures of the places that could not be looked at: refusals of Ceph, and clusters that
   *     are not configured
   * @param places how many there were
   */
  public static void requireSearched(List<RuntimeException> failures, int places) {
    for (RuntimeException failure : failures) {
      if (failure instanceof CephException || failures.size() == places) {
        throw failure;
      }
    }
  }

  private JsonNode mappings() {
    try {
      JsonNode root = Json.MAPPER.readTree(Files.readString(file));
      if (!root.isArray()) {
        throw broken("it must be an array of mappings");
      }
      return root;
    } catch (NoSuchFileException e) {
      return Json.MAPPER.createArrayNode();
    } catch (JsonProcessingException e) {
      throw broken("line %d: %s".formatted(e.getLocation().getLineNr(), e.getOriginalMessage()));
    } catch (IOException e) {
      throw new CsiException.FailedPrecondition(
          "%s cannot be read: %s; see its rights in the driver's container"
              .formatted(file, e.getMessage()));
    }
  }

  private List<Pair> pairs(JsonNode object) {
    if (!object.isObject() && !object.isMissingNode() && !object.isNull()) {
      throw broken("a mapping must be an object of strings, it is " + object);
    }
    List<Pair> pairs = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      pairs.add(new Pair(entry.getKey(), entry.getValue().asText()));
    }
    return pairs;
  }

  private long number(String id) {
    try {
      return Long.parseLong(id);
    } catch (NumberFormatException e) {
      throw broken("id \"%s\" in %s is not a number".formatted(id, pairsOfPlaces));
    }
  }

  private CsiException broken(String how) {
    return new CsiException.FailedPrecondition("%s is broken: %s; correct it".formatted(file, how));
  }
}
