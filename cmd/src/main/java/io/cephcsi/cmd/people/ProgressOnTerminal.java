package io.cephcsi.cmd.people;

import io.cephcsi.cluster.care.Progress;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A progress bar for what takes longer than two seconds, where somebody watches; also while nothing
 * goes on.
 */
final class ProgressOnTerminal implements Progress, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** The length of a bar of which nobody knows how long it is. */
  private static final long UNKNOWN = -1;

  private final ProgressBarBuilder drawn;
  private final @Nullable ScheduledExecutorService timer;
  private String what;
  private long expected;
  private long done;
  private boolean closed;
  private @Nullable ProgressBar bar;

  /**
   * @param what begins
   */
  ProgressOnTerminal(String what) {
    this(what, Screen.watched(), PATIENCE, new ProgressBarBuilder());
  }

  /**
   * @param to where it is drawn
   */
  ProgressOnTerminal(String what, boolean watched, Duration patience, PrintStream to) {
    this(
        what,
        watched,
        patience,
        new ProgressBarBuilder().setConsumer(new ConsoleProgressBarConsumer(to, 80)));
  }

  private ProgressOnTerminal(
      String what, boolean watched, Duration patience, ProgressBarBuilder drawn) {
    this.what = what;
    this.drawn = drawn;
    this.timer = watched ? timer() : null;
    if (timer != null) {
      var _ = timer.schedule(this::draw, patience.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static ScheduledExecutorService timer() {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name("progress").daemon().factory());
  }

  @Override
  public synchronized void expect(String task, long steps) {
    what = task;
    expected += steps;
    show();
  }

  @Override
  public synchronized void done(long steps) {
    done += steps;
    show();
  }

  private synchronized void draw() {
    if (!closed) {
      // By itself it draws steps only: neither what hangs, nor for how long.
      bar = drawn.setTaskName("cephcsi").setInitialMax(UNKNOWN).continuousUpdate().build();
      show();
      bar.refresh();
    }
  }

  private void show() {
    if (bar != null) {
      bar.maxHint(expected == 0 ? UNKNOWN : expected).stepTo(done).setExtraMessage(what);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (timer != null) {
      timer.shutdownNow();
    }
    if (bar != null) {
      bar.close();
    }
  }
}
