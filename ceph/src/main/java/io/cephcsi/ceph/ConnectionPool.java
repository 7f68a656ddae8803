package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The connections of this process, one for each cluster, user and key. Connecting to one does not
 * hinder the others, also when it hangs. One whose client the cluster has put into its blocklist is
 * not lent again.
 */
public final class ConnectionPool implements Clusters {
  /** What tells connections apart; a changed key makes another one. */
  private record Target(String monitors, Credentials credentials) {}

  private final ConnectionSettings settings;
  private final ConcurrentHashMap<Target, SharedConnection> connections = new ConcurrentHashMap<>();
  private final ScheduledExecutorService sweeper;
  private volatile boolean closed;

  /** Makes a pool without connections. Ceph's libraries are loaded by the first one. */
  public ConnectionPool(ConnectionSettings settings) {
    this.settings = settings;
    sweeper =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("ceph-idle-connections").daemon().factory());
    long pauseMillis = Math.max(settings.idleTime().toMillis() / 4, 100);
    var _ =
        sweeper.scheduleWithFixedDelay(
            this::endIdle, pauseMillis, pauseMillis, TimeUnit.MILLISECONDS);
  }

  @Override
  @MustBeClosed
  public Cluster lend(String monitors, Credentials credentials) {
    var target = new Target(monitors, credentials);
    SharedConnection connection = hold(target);
    try {
      var _ = connection.pointer();
      return new RadosCluster(connection);
    } catch (RuntimeException e) {
      // The next call tries again.
      connections.remove(target, connection);
      connection.release();
      throw e;
    }
  }

  private SharedConnection hold(Target target) {
    while (!closed) {
      SharedConnection connection = connections.computeIfAbsent(target, this::connection);
      if (connection.lend()) {
        return connection;
      }
      connections.remove(target, connection);
    }
    throw new IllegalStateException("connection pool is closed");
  }

  private SharedConnection connection(Target target) {
    return new SharedConnection(
        () -> open(target), () -> openForManager(target), settings.monitorTimeout());
  }

  private RadosConnection open(Target target) {
    return RadosConnection.open(settings, target.monitors(), target.credentials());
  }

  private RadosConnection openForManager(Target target) {
    return RadosConnection.openForManager(settings, target.monitors(), target.credentials());
  }

  private void endIdle() {
    connections.values().removeIf(c -> c.endIfIdle(settings.idleTime()));
  }

  /** How many connections there are, lent or idle. */
  int size() {
    return connections.size();
  }

  /** How many connections there are now; does not wait for any. */
  public ConnectionUse use() {
    int all = connections.size();
    int lent = (int) connections.values().stream().filter(SharedConnection::used).count();
    return new ConnectionUse(lent, Math.max(all - lent, 0));
  }

  @Override
  public void close() {
    closed = true;
    sweeper.shutdown();
    connections.values().forEach(SharedConnection::retire);
    connections.clear();
  }
}
