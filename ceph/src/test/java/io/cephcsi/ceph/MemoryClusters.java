package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Clusters in memory, by their monitors. Unknown monitors do not answer: ETIMEDOUT. */
public final class MemoryClusters implements Clusters {
  private final Map<String, MemoryCluster> clusters = new HashMap<>();
  private final Map<Credentials, Boolean> users = new HashMap<>();
  private final Set<String> closedTo = new HashSet<>();
  private final Set<MemoryHandle> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** Adds a cluster, or replaces it. */
  public synchronized MemoryClusters add(String monitors, MemoryCluster cluster) {
    clusters.put(monitors, cluster);
    return this;
  }

  /** Lets the monitors not answer any more. */
  public synchronized void forget(String monitors) {
    clusters.remove(monitors);
  }

  /** Lets the monitors refuse everybody, with EACCES. */
  public synchronized void deny(String monitors) {
    closedTo.add(monitors);
  }

  /** From now on just the users added are let in; any other gets EACCES. */
  public synchronized MemoryClusters allow(Credentials credentials) {
    users.put(credentials, true);
    return this;
  }

  @Override
  @MustBeClosed
  public Cluster lend(String monitors, Credentials credentials) {
    if (closed) {
      throw new IllegalStateException("clusters are closed");
    }
    return new Lent(cluster(monitors, credentials), open, "cluster " + monitors);
  }

  private synchronized MemoryCluster cluster(String monitors, Credentials credentials) {
    String action = "connect to " + monitors + " as " + credentials;
    MemoryCluster cluster = clusters.get(monitors);
    if (cluster == null) {
      throw new CephException(Errno.ETIMEDOUT, action);
    }
    if (closedTo.contains(monitors) || (!users.isEmpty() && !users.containsKey(credentials))) {
      throw new CephException(Errno.EACCES, action);
    }
    return cluster;
  }

  /** Throws when a lent cluster was not given back, or something in a cluster is still open. */
  public void checkNothingOpen() {
    checkNothingOpen(MemoryHandle.PATIENCE);
  }

  void checkNothingOpen(Duration patience) {
    MemoryHandle.requireNoneOf(open, patience);
    all().forEach(cluster -> cluster.checkNothingOpen(patience));
  }

  private synchronized List<MemoryCluster> all() {
    return List.copyOf(clusters.values());
  }

  @Override
  public void close() {
    closed = true;
  }

  private static final class Lent extends MemoryHandle implements Cluster {
    private final MemoryCluster cluster;

    Lent(MemoryCluster cluster, Set<MemoryHandle> open, String name) {
      super(open, name);
      this.cluster = cluster;
    }

    private MemoryCluster cluster() {
      requireOpen();
      return cluster;
    }

    @Override
    public String fsid() {
      return cluster().fsid();
    }

    @Override
    public String clientAddresses() {
      return cluster().clientAddresses();
    }

    @Override
    public Optional<Long> poolId(String name) {
      return cluster().poolId(name);
    }

    @Override
    public Optional<String> poolName(long id) {
      return cluster().poolName(id);
    }

    @Override
    @MustBeClosed
    public Pool openPool(String name, String namespace) {
      return cluster().openPool(name, namespace);
    }

    @Override
    @MustBeClosed
    public Pool openPool(long id, String namespace) {
      return cluster().openPool(id, namespace);
    }

    @Override
    public String managerCommand(String json, Duration timeout, Runnable whileSilent) {
      return cluster().managerCommand(json, timeout, whileSilent);
    }

    @Override
    public String metadataServerCommand(String server, String json) {
      return cluster().metadataServerCommand(server, json);
    }

    @Override
    public String monitorCommand(String json) {
      return cluster().monitorCommand(json);
    }
  }
}
