package io.cephcsi.ceph;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Processes that hang for as long as a test wants them to. */
public final class Processes {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private Processes() {}

  /**
   * Stops it where it is, and comes back when it has: on a busy machine its threads go on for a
   * while after the signal was sent, and would still answer.
   */
  public static void stop(long pid) throws IOException, InterruptedException {
    signal("STOP", pid);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!stands(pid)) {
      if (System.nanoTime() > end) {
        throw new IOException("process %d does not stop".formatted(pid));
      }
      Thread.sleep(5);
    }
  }

  /** Lets it go on. */
  public static void resume(long pid) throws IOException, InterruptedException {
    signal("CONT", pid);
  }

  private static void signal(String signal, long pid) throws IOException, InterruptedException {
    int exit = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
    if (exit != 0) {
      throw new IOException("kill -%s %d: exit %d".formatted(signal, pid, exit));
    }
  }

  private static boolean stands(long pid) throws IOException {
    try (var threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path thread : threads) {
        if (!stopped(thread)) {
          return false;
        }
      }
      return true;
    }
  }

  private static boolean stopped(Path thread) {
    try {
      return Files.readString(thread.resolve("status")).contains("\nState:\tT ");
    } catch (IOException e) {
      return true; // it has ended
    }
  }
}
