package io.cephcsi.ceph;

import io.cephcsi.ceph.LibRados.ClusterPointer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * A connection with a count of who uses it: lent clusters, open pools, open images and commands
 * under way. It is shut down when the count is 0, never before, since librados would crash.
 */
final class SharedConnection {
  private final Supplier<RadosConnection> opening;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CompletableFuture<RadosConnection> connection = new CompletableFuture<>();
  private final ManagerCommands managerCommands;
  private int users;
  private long idleSinceNanos = System.nanoTime();
  private boolean retired;
  private boolean ended;

  /**
   * @param opening connects
   * @param openingForManager connects once more, for the manager's commands
   * @param longest how long a command of the manager's is waited for at most
   */
  SharedConnection(
      Supplier<RadosConnection> opening,
      Supplier<RadosConnection> openingForManager,
      Duration longest) {
    this.opening = opening;
    this.managerCommands = new ManagerCommands(this, openingForManager, longest);
  }

  /**
   * Counts one more user, who must {@link #release} it.
   *
   * @return false when it has ended; nobody is counted then
   */
  synchronized boolean retain() {
    if (ended) {
      return false;
    }
    users++;
    return true;
  }

  /** As {@link #retain}, for what must not find it ended, since it has a user already. */
  void retainOpen() {
    if (!retain()) {
      throw new IllegalStateException("connection is closed");
    }
  }

  /**
   * As {@link #retain}, for a new call.
   *
   * @return false also when it is retired
   */
  synchronized boolean lend() {
    return !retired && retain();
  }

  /** Counts one user less. */
  void release() {
    if (lastOneLeaves()) {
      end();
    }
  }

  synchronized boolean used() {
    return users > 0;
  }

  /** No new users; ends now or when the last one leaves. */
  void retire() {
    if (endsByRetiring()) {
      end();
    }
  }

  /**
   * Sees whether the OSDs refuse this client, which they do for good: a connection whose client is
   * in the blocklist takes no new calls, so that the next one connects anew. Not for the answers of
   * commands, where the manager tells so of a client of its own.
   *
   * @param result of a C function that works on a pool: 0 or more, or a negative errno
   * @return the same
   */
  int noted(int result) {
    if (result == -Errno.ESHUTDOWN) {
      retire();
    }
    return result;
  }

  /**
   * Ends it if nobody has used it for that long.
   *
   * @return whether it has ended, now or before
   */
  boolean endIfIdle(Duration idleTime) {
    if (isIdle(idleTime)) {
      end();
      return true;
    }
    return hasEnded();
  }

  /** The connection; whoever asks first connects, the others wait for it. */
  ClusterPointer pointer() {
    if (begun.compareAndSet(false, true)) {
      connect();
    }
    try {
      return connection.join().pointer();
    } catch (CompletionException e) {
      if (e.getCause() instanceof CephException cause) {
        throw cause;
      }
      throw e;
    }
  }

  ManagerCommands managerCommands() {
    return managerCommands;
  }

  private void connect() {
    try {
      connection.complete(opening.get());
    } catch (RuntimeException | Error e) {
      connection.completeExceptionally(e);
      throw e;
    }
  }

  private synchronized boolean lastOneLeaves() {
    users--;
    idleSinceNanos = System.nanoTime();
    ended = retired && users == 0;
    return ended;
  }

  private synchronized boolean endsByRetiring() {
    boolean before = ended;
    retired = true;
    ended = before || users == 0;
    return ended && !before;
  }

  private synchronized boolean isIdle(Duration idleTime) {
    boolean idle = !ended && users == 0 && System.nanoTime() - idleSinceNanos >= idleTime.toNanos();
    ended = ended || idle;
    return idle;
  }

  private synchronized boolean hasEnded() {
    return ended;
  }

  /** Called once, by whoever found the last user gone; outside the lock, since it takes long. */
  private void end() {
    managerCommands.close();
    if (connection.isDone() && !connection.isCompletedExceptionally()) {
      connection.join().close();
    }
  }
}
