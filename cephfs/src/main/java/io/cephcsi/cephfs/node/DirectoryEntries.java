package io.cephcsi.cephfs.node;

import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.csi.host.Commands;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How many files and directories are below a directory of CephFS, itself among them. Only its
 * metadata server can tell, while a stat may come from what the client remembers: so this is also
 * how one sees whether the filesystem answers. It is asked by a child process, which can be ended.
 */
record DirectoryEntries(Commands commands) {
  /**
   * Counts.
   *
   * @throws CommandFailed without an exit status when there is no answer by then, with one when the
   *     client refuses
   */
  long count(Path directory, Duration deadline) {
    var command =
        List.of(
            "getfattr",
            "--only-values",
            "--absolute-names",
            "-n",
            "ceph.dir.rentries",
            directory.toString());
    String said = commands.require(command, deadline);
    try {
      return Long.parseLong(said.strip());
    } catch (NumberFormatException e) {
      throw new CommandFailed(command, new Commands.Outcome(0, said, ""));
    }
  }
}
