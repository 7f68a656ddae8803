package io.cephcsi.cephfs.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.CommandFailed;
import java.nio.file.Path;
import java.time.Duration;

/** Whether a mount lives. */
record Pulse(DirectoryEntries entries) {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * Whether it answers.
   *
   * @return false when its client is gone or was evicted, so that it never will again
   * @throws CsiException.Unavailable when there is no answer, which may yet come
   */
  boolean beats(Path path) {
    try {
      var _ = entries.count(path, PATIENCE);
      return true;
    } catch (CommandFailed e) {
      if (e.exit() >= 0) {
        return false;
      }
      throw new CsiException.Unavailable(
          "what is mounted at %s does not answer: see whether the filesystem has an active metadata server (ceph fs status); %s"
              .formatted(path, e.getMessage()),
          e);
    }
  }
}
