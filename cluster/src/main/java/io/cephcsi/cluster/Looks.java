package io.cephcsi.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Looks at what may never answer, a cluster or a device, on threads of their own: who asks waits
 * for a bounded time, and nothing else waits along. Who asks for a look that still hangs joins it,
 * so that there is one at a time.
 */
public final class Looks implements AutoCloseable {
  /** Looks at one place that go on at the same time. */
  private static final int AT_A_TIME = 16;

  private final Duration patience;
  private final ConcurrentHashMap<String, Look<?>> running = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Instant> silentSince = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Semaphore> places = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(Thread.ofPlatform().name("look-", 1).daemon().factory());

  /**
   * @param patience how long one who asks may wait
   */
  public Looks(Duration patience) {
    this.patience = patience;
  }

  /** Until when to wait for looks that are begun now, by {@link System#nanoTime}. */
  public long deadline() {
    return System.nanoTime() + patience.toNanos();
  }

  /**
   * Begins a look, or joins the same one. When too many at that place have no answer yet, and none
   * of them gets one until then, it is not begun: the place does not answer.
   *
   * @param place what answers as a whole or not at all, a pool say
   * @param what the look's name within the place; the same name is the same look
   */
  public <T> Look<T> begin(String place, String what, Supplier<T> looking, long untilNanos) {
    String key = place + " " + what;
    var made = new Look<T>(silentSince.getOrDefault(key, Instant.now()));
    @SuppressWarnings("unchecked") // the name decides the type
    var there = (Look<T>) running.putIfAbsent(key, made);
    if (there != null) {
      return there;
    }
    Semaphore room = places.computeIfAbsent(place, _ -> new Semaphore(AT_A_TIME));
    if (entered(room, untilNanos)) {
      threads.execute(() -> run(key, made, looking, room));
    } else {
      running.remove(key, made);
    }
    return made;
  }

  private static boolean entered(Semaphore room, long untilNanos) {
    try {
      return room.tryAcquire(untilNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  // What fails here fails where it is awaited.
  private <T> void run(String key, Look<T> look, Supplier<T> looking, Semaphore room) {
    try {
      T seen = looking.get();
      end(key, look, false);
      look.outcome().complete(seen);
    } catch (Throwable e) {
      end(key, look, Look.silence(e));
      look.outcome().completeExceptionally(e);
    } finally {
      room.release();
    }
  }

  /** A look that Ceph gave up leaves its beginning to the next one. */
  private void end(String key, Look<?> look, boolean silent) {
    if (silent) {
      silentSince.put(key, look.silentSince());
    } else {
      silentSince.remove(key);
    }
    running.remove(key, look);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
