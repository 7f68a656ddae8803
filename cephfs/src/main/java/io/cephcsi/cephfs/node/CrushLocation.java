package io.cephcsi.cephfs.node;

import io.cephcsi.cluster.ClusterConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The kernel's mount option that makes it read from the OSDs that are near the node. */
final class CrushLocation {
  private CrushLocation() {}

  /**
   * The option; empty when near reads are off, or none of the labels has a value. The order is that
   * of the labels, since another text would be another client to the kernel.
   */
  static Optional<String> option(
      ClusterConfig.ReadAffinity cluster, NodeSettings.NearReads settings) {
    if (!cluster.enabled() && !settings.enabled()) {
      return Optional.empty();
    }
    List<String> names =
        cluster.crushLocationLabels().isEmpty()
            ? settings.crushLabels()
            : cluster.crushLocationLabels();
    List<String> parts = new ArrayList<>();
    for (String name : names) {
      String value = settings.labels().getOrDefault(name, "");
      if (!value.isEmpty()) {
        parts.add(type(name) + ":" + value.replace('.', '-')); // CRUSH names have no dots
      }
    }
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "read_from_replica=localize,crush_location="
                + String.join("|", parts.stream().distinct().toList()));
  }

  /** The bucket's type: {@code topology.kubernetes.io/zone} is a zone. */
  private static String type(String label) {
    String name = label.substring(label.indexOf('/') + 1);
    return name.equals("hostname") ? "host" : name;
  }
}
