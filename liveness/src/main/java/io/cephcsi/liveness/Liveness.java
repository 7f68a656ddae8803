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
  private final Supplier<DriverProbe.Answer> question;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile DriverProbe.Answer last = new DriverProbe.Answer("not asked yet", false);

  /**
   * Asks at once, and then at each interval.
   *
   * @param question asks the driver
   * @param metrics where the outcome is shown; 0 until there is one
   */
  public Liveness(Supplier<DriverProbe.Answer> question, Duration interval, Metrics metrics) {
    this.question = question;
    metrics.show(Metric.LIVENESS, () -> Sample.only(last.trouble().isEmpty() ? 1 : 0));
    var _ = clock.scheduleAtFixedRate(this::ask, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Asks now, and gives back why the driver does not answer; while it is being asked already, gives
   * back what was found before, so that who waits for a driver that hangs is one at a time. A
   * driver that says itself that it is not ready answers: it would be no readier started anew, and
   * not every call needs what it lacks.
   */
  public Optional<String> silence() {
    ask();
    return Optional.of(last).filter(found -> !found.answered()).map(DriverProbe.Answer::trouble);
  }

  private void ask() {
    if (!asking.tryLock()) {
      return;
    }
    try {
      String before = last.trouble();
      last = now();
      tellChange(before);
    } finally {
      asking.unlock();
    }
  }

  private void tellChange(String before) {
    String now = last.trouble();
    if (now.isEmpty() && !before.isEmpty()) {
      LOG.log(System.Logger.Level.INFO, "the driver works");
    } else if (!now.equals(before)) {
      LOG.log(System.Logger.Level.WARNING, "the driver does not work: " + now);
    }
  }

  // Whatever goes wrong, the next time is asked again; also when no thread can be started.
  private DriverProbe.Answer now() {
    try {
      return question.get();
    } catch (Throwable e) {
      return new DriverProbe.Answer(String.valueOf(e.getMessage()), false);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
