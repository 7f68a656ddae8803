package io.cephcsi.rbd.node;

/**
 * The node's flags.
 *
 * @param nodeId the node's name in Kubernetes
 * @param filesystem of volumes that are asked for without one
 * @param mounter of volumes whose class names none
 * @param fencing whether this node can be fenced
 */
public record NodeSettings(String nodeId, String filesystem, String mounter, boolean fencing) {
  /** Without fencing. */
  public NodeSettings(String nodeId, String filesystem, String mounter) {
    this(nodeId, filesystem, mounter, false);
  }
}
