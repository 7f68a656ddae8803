package io.cephcsi.cluster.care;

import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Opened;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;

/** Reads many things of a pool at the same time, with a handle to it for each thread. */
public final class ManyReads {
  /** More do not make a cluster answer faster. */
  private static final int THREADS = 16;

  private ManyReads() {}

  /** What is read of each, in their order. */
  public static <T, R> List<R> of(
      Opened place, List<T> items, BiFunction<Pool, T, R> read, Progress progress) {
    int each = Math.max(8, Math.ceilDiv(items.size(), THREADS));
    List<Future<List<R>>> parts = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().name("read-", 0).daemon().factory())) {
      for (int from = 0; from < items.size(); from += each) {
        List<T> part = items.subList(from, Math.min(from + each, items.size()));
        parts.add(threads.submit(() -> read(place, part, read, progress)));
      }
      List<R> all = new ArrayList<>();
      for (Future<List<R>> part : parts) {
        all.addAll(part.get());
      }
      return all;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }

  private static <T, R> List<R> read(
      Opened place, List<T> items, BiFunction<Pool, T, R> read, Progress progress) {
    try (Pool pool = place.cluster().openPool(place.pool().id(), place.pool().namespace())) {
      List<R> all = new ArrayList<>();
      for (T item : items) {
        all.add(read.apply(pool, item));
        progress.done(1);
      }
      return all;
    }
  }
}
