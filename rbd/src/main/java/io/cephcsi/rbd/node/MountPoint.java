package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The empty directory, or file, on which something was mounted. */
final class MountPoint {
  private MountPoint() {}

  /**
   * Removes it; a missing one is no error. Nothing is ever removed from within it: what is there
   * when nothing is mounted was written to the node's own disk by mistake, and is somebody's data.
   *
   * @throws CsiException.FailedPrecondition when it is not empty
   */
  static void remove(Path path) throws IOException {
    if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) && Files.size(path) > 0) {
      throw notEmpty(path);
    }
    try {
      Files.deleteIfExists(path);
    } catch (DirectoryNotEmptyException e) {
      throw notEmpty(path);
    }
  }

  private static CsiException notEmpty(Path path) {
    return new CsiException.FailedPrecondition(
        "%s is not mounted and not empty: somebody wrote to the node's own disk there; move the data away"
            .formatted(path));
  }
}
