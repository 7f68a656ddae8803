package io.cephcsi.csi;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of one lane, as many as have work at a time. The one that rested last works next: it
 * is still warm, and the others end, with the memory that librbd holds for each thread.
 */
final class Lane implements AutoCloseable {
  private static final int IDLE_SECONDS = 2;

  private final AtomicInteger works = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final String name;
  private final CallSettings settings;
  private final int most;
  private final ForkJoinPool threads;

  Lane(String name, CallSettings settings) {
    this.name = name;
    this.settings = settings;
    most = settings.threadsPerLane() + settings.queuePerLane();
    threads =
        new ForkJoinPool(
            settings.threadsPerLane(),
            pool -> new LaneThread(pool, name),
            null,
            true, // first come, first served
            0,
            settings.threadsPerLane(),
            0,
            null,
            IDLE_SECONDS,
            TimeUnit.SECONDS);
  }

  /**
   * Runs the work on one of the threads, soon.
   *
   * @throws RejectedExecutionException when as many wait as may
   */
  void execute(Runnable work) {
    if (works.incrementAndGet() > most) {
      works.decrementAndGet();
      throw new RejectedExecutionException(most + " works");
    }
    threads.execute(() -> run(work));
  }

  private void run(Runnable work) {
    running.incrementAndGet();
    try {
      work.run();
    } finally {
      running.decrementAndGet();
      works.decrementAndGet();
    }
  }

  /** As it is now, though not to the last call while calls come and go. */
  LaneUse use() {
    int now = running.get();
    return new LaneUse(name, settings.threadsPerLane(), now, Math.max(works.get() - now, 0));
  }

  @Override
  public void close() {
    threads.shutdown();
  }

  private static final class LaneThread extends ForkJoinWorkerThread {
    LaneThread(ForkJoinPool pool, String lane) {
      super(pool);
      setName("call-" + lane + "-" + getPoolIndex());
    }
  }
}
