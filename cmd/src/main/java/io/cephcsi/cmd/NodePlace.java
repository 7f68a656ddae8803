package io.cephcsi.cmd;

import io.cephcsi.cluster.CrushLocation;
import io.cephcsi.csi.host.KernelVersion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where this node is, as its labels tell: in CSI's topology, and in the CRUSH map. The labels are
 * those of {@code --topology}, or else the node's own in Kubernetes.
 *
 * @param segments by the keys of CSI's topology; empty when that is of no matter
 */
record NodePlace(Map<String, String> segments, CrushLocation crushLocation) {
  /**
   * @param kubernetes what this driver runs in; empty for none
   * @throws IOException when {@code --domainlabels} names labels that the node has not, or that
   *     cannot be found out
   */
  static NodePlace of(Flags flags, Optional<KubernetesAccess> kubernetes, KernelVersion kernel)
      throws IOException {
    Map<String, String> given = TopologyLabels.of(flags.topology);
    Optional<KubernetesNode> node =
        given.isEmpty()
            ? kubernetes.map(access -> new KubernetesNode(flags.nodeId, access))
            : Optional.empty();
    List<String> domains = names(flags.domainLabels);
    Map<String, String> segments = new TreeMap<>();
    if (flags.nodeServer && !domains.isEmpty()) {
      Map<String, String> labels = node.isPresent() ? node.get().labels() : given;
      for (String label : domains) {
        segments.put(label, required(labels, label));
      }
    } else {
      segments.putAll(given);
    }
    return new NodePlace(
        TopologyLabels.segments(segments, FlagProblems.driverName(flags)),
        kernel.readsNear() ? crushLocation(flags, node, given) : CrushLocation.ANYWHERE);
  }

  private static CrushLocation crushLocation(
      Flags flags, Optional<KubernetesNode> node, Map<String, String> given) {
    Supplier<Map<String, String>> labels =
        node.<Supplier<Map<String, String>>>map(n -> new KnownLabels(n, System::nanoTime))
            .orElse(() -> given);
    return new CrushLocation(flags.enableReadAffinity, names(flags.crushLocationLabels), labels);
  }

  private static String required(Map<String, String> labels, String label) throws IOException {
    String value = labels.getOrDefault(label, "");
    if (value.isEmpty()) {
      throw new IOException(
          "--domainlabels: this node has no label %s: add it to the node, set --topology, or leave it out"
              .formatted(label));
    }
    return value;
  }

  /** The labels in a flag, separated by commas. */
  static List<String> names(String flag) {
    return Stream.of(flag.split(",", -1)).map(String::strip).filter(n -> !n.isEmpty()).toList();
  }

  /**
   * What of the labels in {@code --domainlabels} is there twice; only the part behind a slash
   * counts.
   */
  static List<String> twice(String flag) {
    Set<String> seen = new HashSet<>();
    List<String> twice = new ArrayList<>();
    for (String label : names(flag)) {
      if (!seen.add(TopologyLabels.shortName(label))) {
        twice.add(label);
      }
    }
    return twice.stream().distinct().collect(Collectors.toList());
  }
}
