package io.cephcsi.rbd.controller;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A background thread for each cluster, so that one that is dead or busy holds up no other. What
 * still waits when this is closed is not run any more.
 */
final class ClusterThreads implements AutoCloseable {
  private final Map<String, ScheduledExecutorService> threads = new HashMap<>();
  private final String name;
  private boolean closed;

  /** Makes none yet: each begins with its cluster's first work. */
  ClusterThreads(String name) {
    this.name = name;
  }

  /** Runs the work behind all that was given for the cluster before. */
  void run(String clusterId, Runnable work) {
    var _ = run(clusterId, work, Duration.ZERO);
  }

  /** Runs the work when the time has passed; the answer can cancel it until then. */
  synchronized Future<?> run(String clusterId, Runnable work, Duration delay) {
    if (closed) {
      var none = new CompletableFuture<Void>();
      none.cancel(false);
      return none;
    }
    return threads
        .computeIfAbsent(clusterId, _ -> thread())
        .schedule(work, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private ScheduledExecutorService thread() {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().daemon().name(name + "-", threads.size()).factory());
  }

  synchronized boolean closed() {
    return closed;
  }

  /** Ends; waits shortly for what is just at work. */
  @Override
  public void close() {
    for (ScheduledExecutorService thread : end()) {
      try {
        var _ = thread.awaitTermination(2, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private synchronized Iterable<ScheduledExecutorService> end() {
    closed = true;
    threads.values().forEach(ScheduledExecutorService::shutdownNow);
    return List.copyOf(threads.values());
  }
}
