package io.cephcsi.ceph;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends commands to one cluster's manager on threads of its own, a few at a time, so that callers
 * can stop waiting for one that is slow or gone.
 *
 * <p>It has a connection of its own, on which commands wait for ever. Where librados itself stops
 * waiting, it tells success with an empty answer, and when the manager's answer comes at last it
 * writes it to memory that is no longer the command's: that ends the JVM.
 */
final class ManagerCommands implements AutoCloseable {
  /**
   * As many as a driver's calls on one cluster run: the manager takes commands one after the other,
   * and must never wait for the next while callers have some. The threads end when idle.
   */
  private static final int AT_A_TIME = 16;

  /** How long a caller waits until it looks for the reason, each time anew. */
  private static final Duration SILENCE = Duration.ofSeconds(5);

  private final SharedConnection users;
  private final Supplier<RadosConnection> opening;
  private final Duration longest;
  private final ThreadPoolExecutor threads;

  /** How many commands have no answer yet, and nobody who waits for one. */
  private final AtomicInteger abandoned = new AtomicInteger();

  private @Nullable RadosConnection connection;

  /**
   * @param users counts the commands under way
   * @param opening connects without a bound for the answer to a command
   * @param longest how long a command is waited for at most, whatever its caller allows
   */
  ManagerCommands(SharedConnection users, Supplier<RadosConnection> opening, Duration longest) {
    this.users = users;
    this.opening = opening;
    this.longest = longest;
    threads =
        new ThreadPoolExecutor(
            AT_A_TIME,
            AT_A_TIME,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("ceph-manager-command-", 1).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * As {@link Cluster#managerCommand}; connecting and waiting for a thread count too. As long as
   * the manager has left others without answer, nobody waits long; and when it has done so with as
   * many as there are threads, no more are sent.
   */
  String send(String json, Duration timeout, Runnable whileSilent) {
    if (abandoned.get() >= AT_A_TIME) {
      throw new CephException(
          Errno.ETIMEDOUT,
          "manager command %s, not sent since %d earlier ones have no answer yet"
              .formatted(json, AT_A_TIME));
    }
    var answer = new CompletableFuture<String>();
    Runnable work = () -> answer(answer, json);
    threads.execute(work);
    try {
      return await(answer, patience(timeout), whileSilent);
    } catch (TimeoutException e) {
      throw new CephException(Errno.ETIMEDOUT, "manager command " + json);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CephException(Errno.EINTR, "manager command " + json);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CephException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      abandon(work, answer);
    }
  }

  private Duration patience(Duration timeout) {
    Duration allowed = shorter(timeout, longest);
    return abandoned.get() > 0 ? shorter(allowed, SILENCE) : allowed;
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static String await(
      CompletableFuture<String> answer, Duration timeout, Runnable whileSilent)
      throws InterruptedException, ExecutionException, TimeoutException {
    long end = System.nanoTime() + timeout.toNanos();
    while (true) {
      long left = Math.max(end - System.nanoTime(), 0);
      try {
        return answer.get(Math.min(left, SILENCE.toNanos()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (left <= SILENCE.toNanos()) {
          throw e;
        }
        whileSilent.run();
      }
    }
  }

  /** One that was not sent is not sent any more; one that has no answer yet goes on. */
  private void abandon(Runnable work, CompletableFuture<String> answer) {
    if (!answer.isDone() && !threads.remove(work)) {
      abandoned.incrementAndGet();
      var _ = answer.whenComplete((_, _) -> abandoned.decrementAndGet());
    }
  }

  private void answer(CompletableFuture<String> answer, String json) {
    try {
      answer.complete(send(json));
    } catch (RuntimeException | Error e) {
      answer.completeExceptionally(e);
    }
  }

  private String send(String json) {
    users.retainOpen();
    try {
      return Command.send(LibRados::rados_mgr_command, CephException.Daemon.MGR, pointer(), json);
    } finally {
      users.release();
    }
  }

  /** The first command connects; one that cannot leaves it to the next. */
  private synchronized LibRados.ClusterPointer pointer() {
    if (connection == null) {
      connection = opening.get();
    }
    return connection.pointer();
  }

  @Override
  public synchronized void close() {
    threads.shutdown();
    if (connection != null) {
      connection.close();
    }
  }
}
