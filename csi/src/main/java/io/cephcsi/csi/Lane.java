package io.cephcsi.csi;

import java.util.ArrayDeque;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one lane, as many as have work at a time. The one that rested last works next: it
 * is still warm, and the others end, with the memory that librbd holds for each thread.
 */
final class Lane implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");
  private static final int IDLE_SECONDS = 2;

  private final String name;
  private final CallSettings settings;

  // What waits is here and not with the threads: a node may have no room for one more thread, and
  // nothing may be lost by that. Guarded by this, as is the number of threads at work.
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private int working;

  private final ThreadPoolExecutor threads;

  Lane(String name, CallSettings settings) {
    this(name, settings, Thread.ofPlatform().daemon().name("call-" + name + "-", 0).factory());
  }

  /**
   * @param factory of its threads
   */
  Lane(String name, CallSettings settings, ThreadFactory factory) {
    this.name = name;
    this.settings = settings;
    threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(), // a stack of those that rest
            factory);
  }

  /**
   * Runs the work on one of the threads, soon; first come, first served.
   *
   * @throws CsiException.ResourceExhausted when as many wait as may, or there is no thread at all
   */
  synchronized void execute(Runnable work) {
    if (working == settings.threadsPerLane() && waiting.size() == settings.queuePerLane()) {
      throw new CsiException.ResourceExhausted(
          "%d calls for cluster %s wait already; see whether the cluster answers, then ask again"
              .formatted(settings.queuePerLane(), name));
    }
    waiting.add(work);
    if (working < settings.threadsPerLane()) {
      begin();
    }
  }

  private void begin() {
    working++;
    try {
      threads.execute(this::work);
    } catch (OutOfMemoryError e) { // what Java calls a thread that cannot be made
      working--;
      if (working == 0) {
        waiting.removeLast();
        throw new CsiException.ResourceExhausted(
            "no thread can be started for cluster %s: see the limit of processes of the driver's pod and node, then ask again"
                .formatted(name));
      }
    }
  }

  private void work() {
    for (Runnable next = next(); next != null; next = next()) {
      run(next);
    }
  }

  // Calls tell their failures themselves; what comes here must not take the thread with it.
  private static void run(Runnable work) {
    try {
      work.run();
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.ERROR, "what a call leaves to be done failed", e);
    }
  }

  private synchronized @Nullable Runnable next() {
    Runnable next = waiting.poll();
    if (next == null) {
      working--;
    }
    return next;
  }

  /** As it is now. */
  synchronized LaneUse use() {
    return new LaneUse(name, settings.threadsPerLane(), working, waiting.size());
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
