package io.cephcsi.csi;

import java.time.Duration;

/**
 * Bounds of running calls.
 *
 * @param threadsPerLane how many calls of one lane run at the same time
 * @param queuePerLane how many more may wait for a thread; the next is refused
 * @param slow after how long a running call is told in the log, each time anew; zero for never
 */
public record CallSettings(int threadsPerLane, int queuePerLane, Duration slow) {
  public static final CallSettings DEFAULT = new CallSettings(16, 1000, Duration.ofSeconds(30));

  /** Without lines for slow calls. */
  public CallSettings(int threadsPerLane, int queuePerLane) {
    this(threadsPerLane, queuePerLane, Duration.ZERO);
  }

  public CallSettings {
    if (threadsPerLane < 1 || queuePerLane < 0) {
      throw new IllegalArgumentException("a lane needs a thread: " + threadsPerLane);
    }
  }

  /** The same with another bound for slow calls. */
  public CallSettings withSlow(Duration bound) {
    return new CallSettings(threadsPerLane, queuePerLane, bound);
  }
}
