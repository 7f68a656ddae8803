package io.cephcsi.e2e;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where this project's files lie. */
public final class Checkout {
  private static final Path SINGLE_NODE = Path.of("test-e2e", "ceph", "single-node");

  private Checkout() {}

  /** The folder that the system property {@code cephcsi.root} names, else one above this one. */
  public static Path root() {
    Path start = Path.of(System.getProperty("cephcsi.root", "")).toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.isExecutable(folder.resolve(SINGLE_NODE))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "no %s in %s or above: set the system property cephcsi.root".formatted(SINGLE_NODE, start));
  }

  /** The script that starts and ends throwaway clusters. */
  static Path singleNode() {
    return root().resolve(SINGLE_NODE);
  }
}
