package io.cephcsi.cluster;

import io.cephcsi.cluster.ClusterConfig.ReadAffinity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Where this node is in a cluster's CRUSH map, as its labels tell, so that the kernel's clients
 * read from OSDs that are near.
 *
 * @param flag whether clusters get it whose entry in config.json does not say
 * @param flagLabels the labels that tell it where config.json names none
 * @param nodeLabels the node's labels; asked only when they are needed, and may then be slow
 */
public record CrushLocation(
    boolean flag, List<String> flagLabels, Supplier<Map<String, String>> nodeLabels) {
  /** Of a node that reads from anywhere. */
  public static final CrushLocation ANYWHERE = new CrushLocation(false, List.of(), Map::of);

  public CrushLocation {
    flagLabels = List.copyOf(flagLabels);
  }

  /**
   * The kernel client's options for reading near, {@code
   * read_from_replica=localize,crush_location=zone:z1|host:n1}; empty when they are not wanted, or
   * the node has none of the labels.
   */
  public List<String> options(ClusterConfig config) {
    ReadAffinity affinity = config.readAffinity();
    boolean wanted =
        switch (affinity.wish()) {
          case ON -> true;
          case OFF -> false;
          case FLAG -> flag;
        };
    List<String> labels =
        affinity.crushLocationLabels().isEmpty() ? flagLabels : affinity.crushLocationLabels();
    String location = wanted && !labels.isEmpty() ? location(labels, nodeLabels.get()) : "";
    return location.isEmpty()
        ? List.of()
        : List.of("read_from_replica=localize", "crush_location=" + location);
  }

  /** In the order in which the labels are configured. */
  private static String location(List<String> labels, Map<String, String> values) {
    return labels.stream()
        .map(String::strip)
        .flatMap(label -> bucket(label, values.getOrDefault(label, "").strip()).stream())
        .distinct()
        .collect(Collectors.joining("|"));
  }

  private static Optional<String> bucket(String label, String value) {
    return value.isEmpty()
        ? Optional.empty()
        : Optional.of(bucketType(label) + ":" + value.replace('.', '-'));
  }

  /** {@code topology.kubernetes.io/zone} is CRUSH's {@code zone}. */
  private static String bucketType(String label) {
    String type = label.substring(label.indexOf('/') + 1).strip();
    return type.equals("hostname") ? "host" : type;
  }
}
