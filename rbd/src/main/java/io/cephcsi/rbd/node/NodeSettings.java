package io.cephcsi.rbd.node;

/**
 * The node's flags.
 *
 * @param nodeId the node's name in Kubernetes
 * @param filesystem of volumes that are asked for without one
 * @param mounter of volumes whose class names none
 */
public record NodeSettings(String nodeId, String filesystem, String mounter) {}
