package io.cephcsi.e2e.kubernetes;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kubernetes' own programs, in the folder that the environment's KUBERNETES_PROGRAMS names. */
final class Programs {
  private Programs() {}

  /** A program, which must be there. */
  static Path of(String name) {
    return in(name);
  }

  /** The files of the custom resources of snapshots. */
  static Path crds() {
    return in("crds");
  }

  /** The version of a program, as the tag of its image has it. */
  static String tag(String name) {
    try {
      String module = Files.readString(in(name + ".version")).strip();
      return module.substring(module.indexOf('@') + 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path in(String name) {
    String folder = System.getenv("KUBERNETES_PROGRAMS");
    if (folder == null || !Files.exists(Path.of(folder, name))) {
      throw new IllegalStateException(
          "KUBERNETES_PROGRAMS=%s has no %s: run this by ./dev e2e kubernetes, which builds it"
              .formatted(folder, name));
    }
    return Path.of(folder, name);
  }
}
