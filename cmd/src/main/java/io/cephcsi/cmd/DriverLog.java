package io.cephcsi.cmd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/**
 * Where log lines go: standard error, as klog writes them or as JSON. How much is logged follows a
 * file while the driver runs.
 */
final class DriverLog implements AutoCloseable {
  private static final Duration LOOK_EVERY = Duration.ofSeconds(10);

  // A logger that nobody holds is collected, and its level with it.
  private static final Logger ROOT = Logger.getLogger("");
  private static final Logger OURS = Logger.getLogger("cephcsi");

  private final int verbosity;
  private final Path file;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("log-level").daemon().factory());
  private String lastProblem = "";
  private int now;

  private DriverLog(int verbosity, Path file) {
    this.verbosity = verbosity;
    this.file = file;
    this.now = verbosity;
  }

  /** Sets the log up. */
  static DriverLog setUp(Flags flags) {
    return setUp(flags, LOOK_EVERY);
  }

  /**
   * @param every how often the file is looked at
   */
  static DriverLog setUp(Flags flags, Duration every) {
    LogManager.getLogManager().reset();
    var handler = new ConsoleHandler();
    handler.setFormatter(
        flags.logFormat.equals("json") ? new JsonFormatter() : new KlogFormatter());
    handler.setLevel(Level.ALL);
    ROOT.addHandler(handler);
    ROOT.setLevel(Level.INFO);
    var log = new DriverLog(flags.verbosity, flags.logLevelFile);
    OURS.setLevel(level(flags.verbosity));
    log.look();
    long millis = every.toMillis();
    var _ = log.clock.scheduleWithFixedDelay(log::look, millis, millis, TimeUnit.MILLISECONDS);
    return log;
  }

  private static Level level(int verbosity) {
    if (verbosity >= 5) {
      return Level.FINER;
    }
    return verbosity == 4 ? Level.FINE : Level.INFO;
  }

  private void look() {
    int wanted = wanted();
    if (wanted != now) {
      now = wanted;
      OURS.setLevel(level(wanted));
      OURS.info("logs at level " + wanted + " from now on");
    }
  }

  private int wanted() {
    String problem = "";
    try {
      String text = Files.readString(file).strip();
      if (text.matches("[0-9]{1,2}")) {
        return Integer.parseInt(text);
      }
      problem = "%s holds no level from 0 to 5".formatted(file);
    } catch (NoSuchFileException e) {
      return verbosity; // nobody asks for another level
    } catch (IOException e) {
      problem = "%s cannot be read: %s".formatted(file, e.getMessage());
    }
    if (!problem.equals(lastProblem)) {
      OURS.warning(problem + ": the level stays");
    }
    lastProblem = problem;
    return now;
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
