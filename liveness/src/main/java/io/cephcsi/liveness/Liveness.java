package io.cephcsi.liveness;

import io.cephcsi.metrics.Metric;
import io.cephcsi.metrics.Metrics;
import io.cephcsi.metrics.Sample;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Asks again and again whether a driver works, and whenever kubelet does, and keeps the last answer
 * for who scrapes.
 */
public final class Liveness implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("probe").daemon().factory());
  private final Supplier<Optional<String>> trouble;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile String last = "not asked yet";

  /**
   * Asks at once, and then at each interval.
   *
   * @param trouble why the driver does not work; empty when it does
   * @param metrics where the outcome is shown; 0 until there is one
   */
  public Liveness(Supplier<Optional<String>> trouble, Duration interval, Metrics metrics) {
    this.trouble = trouble;
    metrics.show(Metric.LIVENESS, () -> Sample.only(last.isEmpty() ? 1 : 0));
    var _ = clock.scheduleAtFixedRate(this::ask, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Asks now, and gives back why the driver does not work; while it is being asked already, gives
   * back what was found before, so that who waits for a driver that hangs is one at a time.
   */
  public Optional<String> trouble() {
    ask();
    return Optional.of(last).filter(found -> !found.isEmpty());
  }

  private void ask() {
    if (!asking.tryLock()) {
      return;
    }
    try {
      String before = last;
      last = now();
      tellChange(before);
    } finally {
      asking.unlock();
    }
  }

  private void tellChange(String before) {
    if (last.isEmpty() && !before.isEmpty()) {
      LOG.log(System.Logger.Level.INFO, "the driver works");
    } else if (!last.equals(before)) {
      LOG.log(System.Logger.Level.WARNING, "the driver does not work: " + last);
    }
  }

  // Whatever goes wrong, the next time is asked again.
  private String now() {
    try {
      return trouble.get().orElse("");
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
