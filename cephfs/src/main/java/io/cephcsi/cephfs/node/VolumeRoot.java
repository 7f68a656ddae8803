package io.cephcsi.cephfs.node;

import io.cephcsi.cluster.ClusterConfig;

/**
 * Where a volume's data is.
 *
 * @param fileSystem empty for the cluster's default one
 * @param directory what to mount
 */
record VolumeRoot(ClusterConfig cluster, String fileSystem, String directory, Shown shown) {
  /** What of the mounted directory is the volume. */
  sealed interface Shown {
    /** All of it. */
    record All() implements Shown {}

    /** The data in a snapshot of a subvolume, which is the only directory in it. */
    record OfSubvolume(String snapshot) implements Shown {}

    /** The one snapshot whose name has that part. */
    record Named(String part) implements Shown {}
  }

  boolean showsSnapshot() {
    return !(shown instanceof Shown.All);
  }
}
