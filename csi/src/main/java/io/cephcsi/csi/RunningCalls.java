package io.cephcsi.csi;

import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The calls that have no outcome yet; of each that takes long, the log gets a line now and then.
 */
final class RunningCalls implements AutoCloseable {
  /** How much later than due a line may come, as a part of the interval. */
  private static final int LATENESS = 10;

  private final Set<CallProgress> running = ConcurrentHashMap.newKeySet();
  private final System.Logger log;
  private final Duration slow;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("slow-calls").daemon().factory());

  /**
   * @param slow how long a call may take without a line; zero for no lines at all
   */
  RunningCalls(System.Logger log, Duration slow) {
    this.log = log;
    this.slow = slow;
    if (slow.isPositive()) {
      long pause = Math.max(slow.toMillis() / LATENESS, 1);
      var _ = clock.scheduleWithFixedDelay(this::tellSlow, pause, pause, TimeUnit.MILLISECONDS);
    }
  }

  void add(CallProgress call) {
    running.add(call);
  }

  /** False when it was removed before. */
  boolean remove(CallProgress call) {
    return running.remove(call);
  }

  int size() {
    return running.size();
  }

  /** The age of the one that came first; zero when there is none. */
  Duration oldestAge() {
    return running.stream()
        .map(CallProgress::age)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  private void tellSlow() {
    running.stream().filter(call -> call.slowAgain(slow)).forEach(c -> new CallLog(log, c).slow());
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
