package io.cephcsi.cmd.people;

import io.cephcsi.cluster.care.Progress;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** A progress bar for what takes longer than two seconds, where somebody watches. */
final class ProgressOnTerminal implements Progress, AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final boolean watched = Screen.watched();
  private final long begun = System.nanoTime();
  private String what = "";
  private long expected;
  private long done;
  private @Nullable ProgressBar bar;

  @Override
  public synchronized void expect(String task, long steps) {
    what = task;
    expected += steps;
    if (bar != null) {
      bar.maxHint(expected).setExtraMessage(what);
    }
  }

  @Override
  public synchronized void done(long steps) {
    done += steps;
    if (bar == null && watched && System.nanoTime() - begun > PATIENCE.toNanos()) {
      bar = new ProgressBarBuilder().setTaskName("cephcsi").setInitialMax(expected).build();
    }
    if (bar != null) {
      bar.stepTo(done).setExtraMessage(what);
    }
  }

  @Override
  public synchronized void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
