package io.cephcsi.csi;

/**
 * Bounds of running calls.
 *
 * @param threadsPerLane how many calls of one lane run at the same time
 * @param queuePerLane how many more may wait for a thread; the next is refused
 */
public record CallSettings(int threadsPerLane, int queuePerLane) {
  public static final CallSettings DEFAULT = new CallSettings(16, 1000);

  public CallSettings {
    if (threadsPerLane < 1 || queuePerLane < 0) {
      throw new IllegalArgumentException("a lane needs a thread: " + threadsPerLane);
    }
  }
}
