package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.RequestPath;
import io.cephcsi.rbd.VolumeHandle;
import java.nio.file.Path;

/**
 * Where a volume is staged.
 *
 * @param directory the staging path of the request, which kubelet has made
 * @param mountPoint the directory below it on which the filesystem is mounted
 */
record StagedPath(Path directory, Path mountPoint) {
  /**
   * @throws CsiException.InvalidArgument when the path is missing or relative, or the id is no name
   *     of a file
   */
  static StagedPath of(String staging, String volumeId) {
    if (VolumeHandle.of(volumeId).orElse(null) instanceof VolumeHandle.Static) {
      // clusterID/pool/image, whose slashes are none of a path's
      return below(staging, volumeId.replace('/', '_'));
    }
    if (volumeId.contains("/") || volumeId.equals("..") || volumeId.equals(".")) {
      throw new CsiException.InvalidArgument(
          "volume_id %s cannot be part of a path: correct the PersistentVolume's volumeHandle"
              .formatted(volumeId));
    }
    return below(staging, volumeId);
  }

  private static StagedPath below(String staging, String name) {
    Path directory = RequestPath.absolute("staging_target_path", staging);
    return new StagedPath(directory, directory.resolve(name));
  }
}
