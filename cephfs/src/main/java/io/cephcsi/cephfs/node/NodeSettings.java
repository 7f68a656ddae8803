package io.cephcsi.cephfs.node;

import java.util.List;
import java.util.Map;

/**
 * The node's flags.
 *
 * @param nodeId the node's name in Kubernetes
 * @param segments where the node is, by the keys of CSI's topology; empty when that is of no matter
 * @param kernelMountOptions for clusters whose config.json has none
 * @param fuseMountOptions as those
 * @param forceKernel whether a kernel without CephFS quotas is used too
 * @param nearReads where reads are to go
 */
public record NodeSettings(
    String nodeId,
    Map<String, String> segments,
    String kernelMountOptions,
    String fuseMountOptions,
    boolean forceKernel,
    NearReads nearReads) {
  public NodeSettings {
    segments = Map.copyOf(segments);
  }

  /**
   * What is known for reads from the OSDs that are near.
   *
   * @param enabled whether clusters have them that do not say themselves
   * @param crushLabels the node labels that say where a node is, for clusters that name none
   * @param labels the node's labels
   */
  public record NearReads(boolean enabled, List<String> crushLabels, Map<String, String> labels) {
    public static final NearReads NONE = new NearReads(false, List.of(), Map.of());

    public NearReads {
      crushLabels = List.copyOf(crushLabels);
      labels = Map.copyOf(labels);
    }
  }
}
