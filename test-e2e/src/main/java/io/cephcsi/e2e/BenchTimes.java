package io.cephcsi.e2e;

import java.time.Duration;
import java.util.Arrays;

/**
 * What many calls of one kind took.
 *
 * @param perSecond calls ended in a second, by all callers together
 * @param osdOperations operations that the OSD answered for one call, on average
 */
public record BenchTimes(
    int calls, double medianMillis, double p95Millis, double perSecond, double osdOperations) {
  static BenchTimes of(long[] nanos, Duration elapsed, long osdOperations) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    int calls = sorted.length;
    return new BenchTimes(
        calls,
        sorted[calls / 2] / 1e6,
        sorted[Math.min(calls - 1, calls * 95 / 100)] / 1e6,
        calls * 1e9 / elapsed.toNanos(),
        (double) osdOperations / calls);
  }
}
