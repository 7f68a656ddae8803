package io.cephcsi.cluster;

import java.util.List;

/**
 * One cluster of config.json.
 *
 * @param monitors addresses, as librados takes them
 */
public record ClusterConfig(
    String clusterId, List<String> monitors, Rbd rbd, CephFs cephFs, ReadAffinity readAffinity) {
  public ClusterConfig {
    monitors = List.copyOf(monitors);
  }

  /**
   * What the RBD driver is told.
   *
   * @param namespace the RADOS namespace for images and journal, empty for the default one
   * @param mirrorDaemons how many clients of a mirrored image are taken for daemons of rbd-mirror
   * @param netNamespacePath the network namespace to map in, empty for the driver's own
   */
  public record Rbd(String namespace, int mirrorDaemons, String netNamespacePath) {}

  /**
   * What the CephFS driver is told.
   *
   * @param subvolumeGroup that volumes are made in
   * @param namespace the RADOS namespace of the journal, in the metadata pool
   * @param kernelMountOptions comma separated, empty for those of the flag
   * @param fuseMountOptions as those
   * @param netNamespacePath the network namespace to mount in, empty for the driver's own
   */
  public record CephFs(
      String subvolumeGroup,
      String namespace,
      String kernelMountOptions,
      String fuseMountOptions,
      String netNamespacePath) {}

  /**
   * Whether nodes read from the OSDs that are near.
   *
   * @param wish {@code FLAG} where the file does not say
   * @param crushLocationLabels the node labels that say where a node is; empty for those of the
   *     flag
   */
  public record ReadAffinity(Wish wish, List<String> crushLocationLabels) {
    /** What the file says of read affinity. */
    public enum Wish {
      ON,
      OFF,
      FLAG
    }

    public ReadAffinity {
      crushLocationLabels = List.copyOf(crushLocationLabels);
    }
  }

  /** The monitors as {@code mon_host} takes them. */
  public String monitorList() {
    return String.join(",", monitors);
  }
}
