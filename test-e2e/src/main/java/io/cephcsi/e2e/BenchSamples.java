package io.cephcsi.e2e;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/** Gathers the times of one kind of call, round by round. For one thread at a time. */
final class BenchSamples {
  /** A call; the number tells it from the others of its kind. */
  interface Work {
    void run(int number) throws Exception;
  }

  private final LongStream.Builder nanos = LongStream.builder();
  private Duration elapsed = Duration.ZERO;
  private long osdOperations;

  /** Runs the calls numbered from {@code first} on, as fast as that many callers can. */
  void add(int callers, int first, int calls, Work work) throws Exception {
    var next = new AtomicInteger();
    Callable<List<Long>> caller =
        () -> {
          List<Long> times = new ArrayList<>();
          for (int i = next.getAndIncrement(); i < calls; i = next.getAndIncrement()) {
            long began = System.nanoTime();
            work.run(first + i);
            times.add(System.nanoTime() - began);
          }
          return times;
        };
    try (ExecutorService threads = Executors.newFixedThreadPool(callers)) {
      long began = System.nanoTime();
      List<Future<List<Long>>> done = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        done.add(threads.submit(caller));
      }
      for (Future<List<Long>> times : done) {
        await(times).forEach(nanos::add);
      }
      elapsed = elapsed.plusNanos(System.nanoTime() - began);
    }
  }

  private static List<Long> await(Future<List<Long>> times) throws Exception {
    try {
      return times.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** Counts the OSD's operations that the calls of the last round caused. */
  void addOsdOperations(long operations) {
    osdOperations += operations;
  }

  BenchTimes times() {
    return BenchTimes.of(nanos.build().toArray(), elapsed, osdOperations);
  }
}
