package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error; nothing where that is no terminal. */
final class BenchProgress implements AutoCloseable {
  private static final int PAUSE_MILLIS = 200;

  private final @Nullable ProgressBar bar;

  BenchProgress() {
    bar =
        terminal()
            ? new ProgressBarBuilder()
                .setTaskName("bench")
                .setUpdateIntervalMillis(PAUSE_MILLIS)
                .build()
            : null;
  }

  private static boolean terminal() {
    try {
      Path error = Files.readSymbolicLink(Path.of("/proc/self/fd/2"));
      return error.startsWith("/dev/pts") || error.toString().startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /** More steps are to be done than was known. */
  void expect(long steps) {
    if (bar != null) {
      bar.maxHint(bar.getMax() + steps);
    }
  }

  /** Some steps are done. */
  void done(long steps, String what) {
    if (bar != null) {
      bar.stepBy(steps).setExtraMessage(what);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
