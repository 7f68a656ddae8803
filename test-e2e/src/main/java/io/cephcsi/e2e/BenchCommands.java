package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts the commands that clients sent a cluster's manager and monitor, by their own logs. */
record BenchCommands(ThrowawayCeph ceph) {
  /** How many there were so far. */
  record Count(long manager, long monitor) {
    Count since(Count before) {
      return new Count(manager - before.manager, monitor - before.monitor);
    }
  }

  Count now() throws IOException {
    return new Count(dispatched("mgr.x.log"), dispatched("mon.a.log"));
  }

  private long dispatched(String log) throws IOException {
    Path file = ceph.folder().resolve("log").resolve(log);
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.contains("log_channel(audit)") && line.endsWith(": dispatch"))
          .filter(line -> line.contains("entity='client.admin'"))
          .count();
    }
  }
}
