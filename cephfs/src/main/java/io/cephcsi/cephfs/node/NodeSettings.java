package io.cephcsi.cephfs.node;

import io.cephcsi.cluster.CrushLocation;
import java.util.Map;

/**
 * The node's flags.
 *
 * @param nodeId the node's name in Kubernetes
 * @param segments where the node is, by the keys of CSI's topology; empty when that is of no matter
 * @param kernelMountOptions for clusters whose config.json has none
 * @param fuseMountOptions as those
 * @param forceKernel whether a kernel without CephFS quotas is used too
 * @param crushLocation where the node is, for clusters with read affinity
 */
public record NodeSettings(
    String nodeId,
    Map<String, String> segments,
    String kernelMountOptions,
    String fuseMountOptions,
    boolean forceKernel,
    CrushLocation crushLocation) {
  public NodeSettings {
    segments = Map.copyOf(segments);
  }
}
