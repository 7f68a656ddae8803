package io.cephcsi.rbd.node;

import io.cephcsi.cluster.CrushLocation;
import java.util.Map;

/**
 * The node's flags.
 *
 * @param nodeId the node's name in Kubernetes
 * @param filesystem of volumes that are asked for without one
 * @param mounter of volumes whose class names none
 * @param segments where the node is, by the keys of CSI's topology; empty when that is of no matter
 * @param fencing whether this node can be fenced
 * @param crushLocation where the node is for clusters with read affinity
 */
public record NodeSettings(
    String nodeId,
    String filesystem,
    String mounter,
    Map<String, String> segments,
    boolean fencing,
    CrushLocation crushLocation) {
  public NodeSettings {
    segments = Map.copyOf(segments);
  }

  /** Without fencing, and anywhere. */
  public NodeSettings(String nodeId, String filesystem, String mounter) {
    this(nodeId, filesystem, mounter, Map.of(), false, CrushLocation.ANYWHERE);
  }
}
