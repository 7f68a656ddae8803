package io.cephcsi.rbd.controller;

/**
 * The controller's flags.
 *
 * @param setMetadata whether images carry the names of their claim and volume
 * @param clusterName the Kubernetes cluster's name as metadata, empty for none
 */
public record ControllerSettings(boolean setMetadata, String clusterName) {}
