package io.cephcsi.ceph;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends commands to one cluster's manager on threads of its own, a few at a time, so that callers
 * can stop waiting for one that is slow or gone: C has no way to give up.
 */
final class ManagerCommands implements AutoCloseable {
  /**
   * As many as a driver's calls on one cluster run: the manager takes commands one after the other,
   * and must never wait for the next while callers have some. The threads end when idle.
   */
  private static final int AT_A_TIME = 16;

  private final SharedConnection connection;
  private final ThreadPoolExecutor threads;

  ManagerCommands(SharedConnection connection) {
    this.connection = connection;
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

  /** As {@link Cluster#managerCommand}; waiting for a thread counts too. */
  String send(String json, Duration timeout) {
    Future<String> answer = threads.submit(() -> send(json));
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // Takes it from the queue; one that was sent goes on.
      answer.cancel(false);
      throw new CephException(Errno.ETIMEDOUT, "manager command " + json);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CephException(Errno.EINTR, "manager command " + json);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CephException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private String send(String json) {
    connection.retainOpen();
    try {
      return Command.send(
          LibRados::rados_mgr_command, CephException.Daemon.MGR, connection.pointer(), json);
    } finally {
      connection.release();
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
