package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel allows this process. */
final class Capability {
  private static final int SYS_RESOURCE = 24;

  private Capability() {}

  /** Whether ext4 may be grown while it is mounted: root in many containers may not. */
  static boolean canGrowExt4() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("CapEff:")) {
        long mask = Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16);
        return (mask >> SYS_RESOURCE & 1) == 1;
      }
    }
    return false;
  }
}
