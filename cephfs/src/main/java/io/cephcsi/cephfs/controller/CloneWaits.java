package io.cephcsi.cephfs.controller;

import io.cephcsi.cephfs.CloneState;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.csi.CallerPatience;
import io.cephcsi.csi.CsiException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Calls that wait for clones: so that most are done in one call, and without taking all threads
 * from the calls that need no waiting.
 */
final class CloneWaits {
  private static final int AT_A_TIME = 8;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  /** So that the caller hears of the progress before it has gone. */
  private static final Duration ANSWER = Duration.ofSeconds(1);

  private final Duration wait;
  private final Semaphore waiters = new Semaphore(AT_A_TIME);

  CloneWaits(Duration wait) {
    this.wait = wait;
  }

  /**
   * Waits until a clone is complete.
   *
   * @throws CsiException.Aborted when it is not complete in time, or broke
   */
  void await(Subvolumes subvolumes, String name) {
    boolean may = waiters.tryAcquire();
    try {
      long end = System.nanoTime() + (may ? patience().toNanos() : 0);
      Duration pause = FIRST_PAUSE;
      while (!complete(subvolumes.cloneState(name), name, System.nanoTime() >= end)) {
        pause(shorter(pause, end));
        pause = longer(pause);
      }
    } finally {
      if (may) {
        waiters.release();
      }
    }
  }

  /** What this may wait: its own time, but not until the caller's deadline. */
  private Duration patience() {
    Duration patience = CallerPatience.atMost(wait.plus(ANSWER)).minus(ANSWER);
    return patience.isNegative() ? Duration.ZERO : patience;
  }

  private static Duration shorter(Duration pause, long end) {
    Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
    return left.compareTo(pause) < 0 ? left : pause;
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
  }

  private static boolean complete(Optional<CloneState> state, String name, boolean last) {
    if (state.isEmpty()) {
      throw new CsiException.Aborted(
          "the clone %s is gone, which was just begun, so somebody removed it: ask again, then it starts anew"
              .formatted(name));
    }
    return switch (state.get()) {
      case CloneState.Complete _ -> true;
      case CloneState.Running(var progress, _) -> {
        if (last) {
          throw new CsiException.Aborted(
              "the manager still makes the clone %s: %s; ask again".formatted(name, progress));
        }
        yield false;
      }
      case CloneState.Broken(var reason, _) ->
          throw new CsiException.Aborted(
              "the clone %s will not be complete, it is %s; ask again, then it starts anew"
                  .formatted(name, reason));
    };
  }

  /**
   * Removes the snapshot of a clone that is complete. The manager may not have let go of it yet.
   *
   * @throws CsiException.Aborted when it does not in time
   */
  void removeSnapshot(Subvolumes subvolumes, String name, String snapshot) {
    long end = System.nanoTime() + patience().toNanos();
    while (!removed(subvolumes, name, snapshot, System.nanoTime() >= end)) {
      pause(FIRST_PAUSE);
    }
  }

  private static boolean removed(
      Subvolumes subvolumes, String name, String snapshot, boolean last) {
    try {
      var _ = subvolumes.removeSnapshot(name, snapshot);
      return true;
    } catch (CsiException.FailedPrecondition e) {
      if (last) {
        throw new CsiException.Aborted(
            "the copy is complete, and the manager has not yet let go of its snapshot (%s): ask again"
                .formatted(e.getMessage()));
      }
      return false;
    }
  }

  private static void pause(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CsiException.Unavailable("the driver is stopping, ask again", e);
    }
  }
}
