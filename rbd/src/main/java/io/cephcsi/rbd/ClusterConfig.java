package io.cephcsi.rbd;

import java.util.List;

/**
 * One cluster of config.json.
 *
 * @param monitors addresses, as librados takes them
 * @param namespace the RADOS namespace for images and journal, empty for the default one
 * @param mirrorDaemons how many rbd-mirror daemons may watch an image that is not in use
 * @param netNamespacePath the network namespace to map in, empty for the driver's own
 * @param readAffinityLabels null-free; empty when read affinity is off or has no labels
 */
public record ClusterConfig(
    String clusterId,
    List<String> monitors,
    String namespace,
    int mirrorDaemons,
    String netNamespacePath,
    boolean readAffinity,
    List<String> readAffinityLabels) {
  public ClusterConfig {
    monitors = List.copyOf(monitors);
    readAffinityLabels = List.copyOf(readAffinityLabels);
  }

  /** The monitors as {@code mon_host} takes them. */
  public String monitorList() {
    return String.join(",", monitors);
  }
}
