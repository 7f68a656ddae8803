package io.cephcsi.cephfs.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Whether a mount lives. Asked by a child process, which can be ended when the mount does not
 * answer.
 */
record Pulse(Commands commands) {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * Whether it answers.
   *
   * @return false when its client is gone or was evicted, so that it never will again
   * @throws CsiException.Unavailable when there is no answer, which may yet come
   */
  boolean beats(Path path) {
    try {
      return commands
              .run(List.of("stat", "-c", "%i", path.toString()), new byte[0], PATIENCE)
              .exit()
          == 0;
    } catch (CommandFailed e) {
      throw new CsiException.Unavailable(
          "what is mounted at %s does not answer: see whether the filesystem has an active metadata server (ceph fs status)"
              .formatted(path),
          e);
    }
  }
}
