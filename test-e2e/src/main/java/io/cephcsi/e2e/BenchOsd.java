package io.cephcsi.e2e;

import java.io.IOException;
import java.time.Duration;

/** The OSD's counter of operations, read when all work for a call is done. */
record BenchOsd(ThrowawayCeph ceph, BenchBare bare) {
  private static final Duration STILL = Duration.ofMillis(250);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** The count now. */
  long count() throws IOException {
    return ceph.osdOperations();
  }

  /**
   * The count when nothing goes on in the background any more: it stands still, and the trash is
   * empty. What looking into the trash costs is not in it.
   */
  long countAfterPurges() throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    long ours = 0;
    while (System.nanoTime() < end) {
      long count = standing();
      if (bare.trashIsEmpty()) {
        return count - ours;
      }
      ours += count() - count;
    }
    throw new IOException("the trash is not emptied within " + PATIENCE);
  }

  private long standing() throws IOException, InterruptedException {
    long count = count();
    while (true) {
      Thread.sleep(STILL);
      long now = count();
      if (now == count) {
        return count;
      }
      count = now;
    }
  }
}
