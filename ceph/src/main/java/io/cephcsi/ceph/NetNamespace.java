package io.cephcsi.ceph;

import com.sun.jna.Function;
import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A network namespace, by a file that stands for it, {@code /proc/<pid>/ns/net} say. The kernel's
 * Ceph clients keep for good the namespace of the thread that made them.
 *
 * @param file may be a link to such a file
 */
public record NetNamespace(Path file) {
  private static final int CLONE_NEWNET = 0x40000000;
  private static final int CLOSE_ON_EXEC = 0x80000;

  /** What is done in a namespace. */
  public interface Work {
    void run() throws IOException;
  }

  /**
   * Does the work in the namespace, on a thread that ends with it, and waits for it. See setns(2).
   *
   * @throws IOException when the file is missing or stands for no network namespace, when this
   *     process may not enter it, or what the work throws
   */
  public void run(Work work) throws IOException {
    var task =
        new FutureTask<Void>(() -> {
          enter();
          work.run();
          return null;
        });
    Thread.ofPlatform().daemon().name("net-namespace").start(task);
    try {
      task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted in network namespace " + file, e);
    }
  }

  /** For the calling thread alone. */
  private void enter() throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(
          "network namespace %s is missing: see netNamespaceFilePath in config.json"
              .formatted(file));
    }
    try {
      int descriptor = function("open").invokeInt(new Object[] {file.toString(), CLOSE_ON_EXEC});
      try {
        var _ = function("setns").invokeInt(new Object[] {descriptor, CLONE_NEWNET});
      } finally {
        var _ = function("close").invokeInt(new Object[] {descriptor});
      }
    } catch (LastErrorException e) {
      throw new IOException(
          "network namespace %s cannot be entered: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static Function function(String name) {
    return NativeLibrary.getInstance("c").getFunction(name, Function.THROW_LAST_ERROR);
  }
}
