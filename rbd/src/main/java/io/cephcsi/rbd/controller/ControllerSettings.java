package io.cephcsi.rbd.controller;

/**
 * The controller's flags.
 *
 * @param setMetadata whether images carry the names of their claim and volume
 * @param clusterName the Kubernetes cluster's name as metadata, empty for none
 * @param fencing whether the clients of lost nodes are fenced
 */
public record ControllerSettings(
    boolean setMetadata, String clusterName, CloneLimits limits, boolean fencing) {
  /** Without fencing. */
  public ControllerSettings(boolean setMetadata, String clusterName, CloneLimits limits) {
    this(setMetadata, clusterName, limits, false);
  }

  /** With ceph-csi's defaults for the limits. */
  public ControllerSettings(boolean setMetadata, String clusterName) {
    this(setMetadata, clusterName, CloneLimits.DEFAULT);
  }
}
