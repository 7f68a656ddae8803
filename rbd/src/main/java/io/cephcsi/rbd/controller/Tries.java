package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import java.time.Duration;

/**
 * What a purge was stopped by when it was tried last, and when it is tried again.
 *
 * @param errno 0 for what is not Ceph's failure
 * @param count how many tries in a row ended so
 */
record Tries(int errno, int count) {
  static final Tries NONE = new Tries(0, 0);

  private static final Duration FIRST = Duration.ofSeconds(30);

  /** What waits for clones to be deleted can wait long, and is woken when the last one goes. */
  private static final Duration LONGEST = Duration.ofHours(1);

  private static final Duration FIRST_OPEN = Duration.ofSeconds(10);

  /** Nothing tells when whoever has an image open lets it go. */
  private static final Duration LONGEST_OPEN = Duration.ofMinutes(1);

  /** The OSDs take a client that was killed for alive for 30 s. */
  private static final int AFTER_A_KILL = 6;

  Tries stoppedBy(RuntimeException failure) {
    int by = failure instanceof CephException e ? e.errno() : 0;
    return new Tries(by, by == errno ? count + 1 : 1);
  }

  /** How long the next one waits, unless it is woken. */
  Duration delay() {
    if (errno == Errno.EBUSY) {
      return count <= AFTER_A_KILL ? FIRST_OPEN : LONGEST_OPEN;
    }
    Duration delay = FIRST.multipliedBy(1L << Math.min(count - 1, 10));
    return delay.compareTo(LONGEST) < 0 ? delay : LONGEST;
  }
}
