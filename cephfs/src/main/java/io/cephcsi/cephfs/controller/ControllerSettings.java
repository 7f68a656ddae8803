package io.cephcsi.cephfs.controller;

import java.time.Duration;

/**
 * The controller's flags.
 *
 * @param setMetadata whether subvolumes carry the names of their claim and volume
 * @param clusterName the Kubernetes cluster's name as metadata, empty for none
 * @param cloneWait how long a call waits for a clone, which the manager makes by itself
 */
public record ControllerSettings(boolean setMetadata, String clusterName, Duration cloneWait) {
  /** Unless the caller's deadline comes earlier; a clone of little data takes five seconds. */
  private static final Duration CLONE_WAIT = Duration.ofSeconds(20);

  public ControllerSettings(boolean setMetadata, String clusterName) {
    this(setMetadata, clusterName, CLONE_WAIT);
  }
}
