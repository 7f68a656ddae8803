package io.cephcsi.csi;

import java.time.Duration;

/** How long whoever made the call of this thread still waits for its answer. */
public final class CallerPatience {
  private CallerPatience() {}

  /**
   * Until the caller's deadline, but at most that long; all of it where there is none, and outside
   * of a call. Never negative.
   */
  public static Duration atMost(Duration most) {
    return CallProgress.CURRENT.isBound() ? CallProgress.CURRENT.get().patience(most) : most;
  }
}
