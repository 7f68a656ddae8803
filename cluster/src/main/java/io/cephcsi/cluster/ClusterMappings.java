package io.cephcsi.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which clusters and pools hold mirrors of which, in cluster-mapping.json: where a volume, snapshot
 * or group is looked for when it is not where its id says. Read again whenever it is asked for, so
 * that a ConfigMap's new content counts without a restart. A missing file maps nothing.
 */
public final class ClusterMappings {
  private final Path file;

  /**
   * @param file normally {@code /etc/ceph-csi-config/cluster-mapping.json}
   */
  public ClusterMappings(Path file) {
    this.file = file;
  }

  /** A pool of a cluster. */
  public record Place(String clusterId, long poolId) {}

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
   * The places that mirror one, those first whose pair of pools stands in the order of the pair of
   * clusters.
   *
   * @throws CsiException.FailedPrecondition when the file cannot be read or is broken
   */
  public List<Place> of(Place place) {
    Set<Place> places = new LinkedHashSet<>();
    for (JsonNode mapping : mappings()) {
      for (Pair clusters : pairs(mapping.path("clusterIDMapping"))) {
        if (clusters.mentions(place.clusterId())) {
          List<Pair> pools = new ArrayList<>();
          mapping.path("RBDPoolIDMapping").forEach(pair -> pools.addAll(pairs(pair)));
          boolean forward = clusters.left().equals(place.clusterId());
          String other = forward ? clusters.right() : clusters.left();
          List<Pair> along = forward ? pools : pools.stream().map(Pair::turned).toList();
          add(places, other, place.poolId(), along);
          add(places, other, place.poolId(), along.stream().map(Pair::turned).toList());
        }
      }
    }
    return List.copyOf(places);
  }

  private void add(Set<Place> places, String clusterId, long poolId, List<Pair> pools) {
    for (Pair pair : pools) {
      if (number(pair.left()) == poolId) {
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

  private long number(String poolId) {
    try {
      return Long.parseLong(poolId);
    } catch (NumberFormatException e) {
      throw broken("pool id \"%s\" in RBDPoolIDMapping is not a number".formatted(poolId));
    }
  }

  private CsiException broken(String how) {
    return new CsiException.FailedPrecondition("%s is broken: %s; correct it".formatted(file, how));
  }
}
