package io.cephcsi.csi.host;

import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The empty directory, or file, on which something is mounted. */
public final class MountPoint {
  private MountPoint() {}

  /**
   * Makes a directory to mount on, with those above it.
   *
   * @return whether it was missing
   * @throws CsiException.FailedPrecondition when it cannot be made
   */
  public static boolean makeDirectory(Path path) {
    try {
      boolean missing = !Files.isDirectory(path);
      if (missing) {
        Files.createDirectories(path.getParent());
        Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
      }
      return missing;
    } catch (IOException e) {
      throw refused(path, "a directory", e);
    }
  }

  /** Makes an empty file to mount on, otherwise as {@link #makeDirectory}. */
  public static boolean makeFile(Path path) {
    try {
      if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
      Files.createDirectories(path.getParent());
      Files.createFile(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      return true;
    } catch (IOException e) {
      throw refused(path, "a file", e);
    }
  }

  private static CsiException refused(Path path, String what, IOException e) {
    return new CsiException.FailedPrecondition(
        "%s cannot be made %s: %s (%s); see this node's disk, its rights and what lies there"
            .formatted(path, what, e.getMessage(), e.getClass().getSimpleName()));
  }

  /**
   * Removes it; a missing one is no error. Nothing is ever removed from within it: what is there
   * when nothing is mounted was written to the node's own disk by mistake, and is somebody's data.
   *
   * @throws CsiException.FailedPrecondition when it is not empty
   */
  public static void remove(Path path) throws IOException {
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
