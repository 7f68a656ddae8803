package io.cephcsi.cluster;

import io.cephcsi.csi.CsiException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
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
  private final ConcurrentHashMap<String, Place> places = new ConcurrentHashMap<>();
  private final ExecutorService threads;

  /** Where is looked at just now, and how many more may. */
  private static final class Place {
    private final Semaphore room = new Semaphore(AT_A_TIME);
    private int users;
  }

  /**
   * @param patience how long one who asks may wait
   */
  public Looks(Duration patience) {
    this(patience, Thread.ofPlatform().name("look-", 1).daemon().factory());
  }

  /**
   * @param factory of the threads
   */
  Looks(Duration patience, ThreadFactory factory) {
    this.patience = patience;
    this.threads = Executors.newCachedThreadPool(factory);
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
    Semaphore room = enter(place).room;
    if (entered(room, untilNanos)) {
      begin(made, key, () -> run(key, made, looking), () -> leave(place, room));
    } else {
      running.remove(key, made);
      leave(place);
    }
    return made;
  }

  /** A node may have no room for one more thread, and have it later. */
  private void begin(Look<?> look, String key, Runnable work, Runnable atEnd) {
    try {
      threads.execute(() -> {
        try {
          work.run();
        } finally {
          atEnd.run();
        }
      });
    } catch (RuntimeException | OutOfMemoryError e) {
      running.remove(key, look);
      atEnd.run();
      look.outcome()
          .completeExceptionally(
              new CsiException.ResourceExhausted(
                  "no thread can be started (%s): see the limit of processes of the driver's pod and node"
                      .formatted(e.getMessage())));
    }
  }

  /** There may be very many over the time, so that none is kept that nobody looks at. */
  private Place enter(String name) {
    return places.compute(
        name,
        (_, there) -> {
          Place place = there == null ? new Place() : there;
          place.users++;
          return place;
        });
  }

  private void leave(String name) {
    places.computeIfPresent(name, (_, place) -> --place.users == 0 ? null : place);
  }

  private void leave(String name, Semaphore room) {
    room.release();
    leave(name);
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
  private <T> void run(String key, Look<T> look, Supplier<T> looking) {
    try {
      T seen = looking.get();
      end(key, look, false);
      look.outcome().complete(seen);
    } catch (Throwable e) {
      end(key, look, Look.silence(e));
      look.outcome().completeExceptionally(e);
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
