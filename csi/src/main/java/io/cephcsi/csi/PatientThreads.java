package io.cephcsi.csi;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/**
 * Threads for gRPC's connections, as many as there is work. Where the node has no room for one
 * more, who wants it waits: gRPC would take no connection any more after one failure.
 */
final class PatientThreads implements Executor, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");
  private static final long PAUSE_MILLIS = 200;

  private final ExecutorService threads;

  PatientThreads() {
    this(Thread.ofPlatform().name("grpc-", 1).daemon().factory());
  }

  /**
   * @param factory of its threads
   */
  PatientThreads(ThreadFactory factory) {
    threads = Executors.newCachedThreadPool(factory);
  }

  @Override
  public void execute(Runnable work) {
    while (!begins(work)) {
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private boolean begins(Runnable work) {
    try {
      threads.execute(work);
      return true;
    } catch (OutOfMemoryError e) { // what Java calls a thread that cannot be made
      LOG.log(System.Logger.Level.WARNING, "a connection waits for a thread: {0}", e.getMessage());
      return false;
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
