package io.cephcsi.csi.host;

import java.time.Duration;

/** How long one may wait for what is looked at again and again. Begins when it is made. */
public final class Patience {
  private final Duration pause;
  private final long end;

  /**
   * @param pause between two looks
   */
  public Patience(Duration whole, Duration pause) {
    this.pause = pause;
    this.end = System.nanoTime() + whole.toNanos();
  }

  /** Waits for the pause; false at once when the time is up, and when the driver is stopping. */
  public boolean pauses() {
    if (System.nanoTime() > end) {
      return false;
    }
    try {
      Thread.sleep(pause);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
