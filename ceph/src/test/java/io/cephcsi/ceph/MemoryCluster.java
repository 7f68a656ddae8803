package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A Ceph cluster in memory, for tests: what is in it stays while handles to it come and go. Usable
 * directly as a {@link Cluster}, or lent by {@link MemoryClusters}.
 */
public final class MemoryCluster implements Cluster {
  private static final String ADDRESS = "10.0.0.1:0/1";

  private final String fsid;
  private final TreeMap<Long, StoredPool> pools = new TreeMap<>();
  private final Set<MemoryHandle> open = ConcurrentHashMap.newKeySet();
  private final MemoryOperations operations = new MemoryOperations();
  private long lastPoolId;
  private Function<String, String> manager = MemoryCluster::unknownCommand;
  private Function<String, String> metadataServer = MemoryCluster::unknownCommand;
  private Function<String, String> monitor = MemoryCluster::unknownCommand;

  /** Makes a cluster with these pools, whose ids count from 1. */
  public MemoryCluster(String... pools) {
    this("01616094-9d93-4178-bf45-c7eac19e8b15", List.of(pools));
  }

  /** As {@link #MemoryCluster(String...)}, with an fsid of its own. */
  public MemoryCluster(String fsid, List<String> pools) {
    this.fsid = fsid;
    for (String pool : pools) {
      addPool(pool);
    }
  }

  /** Adds an empty pool and tells its id. */
  public long addPool(String name) {
    synchronized (operations) {
      lastPoolId++; // no id comes twice
      pools.put(lastPoolId, new StoredPool(name, lastPoolId));
      return lastPoolId;
    }
  }

  /** Removes a pool with all that is in it; pools that are open get ENOENT from now on. */
  public void removePool(String name) {
    synchronized (operations) {
      pools.values().removeIf(p -> p.name().equals(name));
    }
  }

  /** Makes a namespace in which images can be made, as {@code rbd namespace create}. */
  public void addNamespace(String pool, String namespace) {
    synchronized (operations) {
      stored(pool).orElseThrow().addNamespace(namespace);
    }
  }

  /** The counts of all operations, and where failures are planned. */
  public MemoryOperations operations() {
    return operations;
  }

  /** Answers manager commands; without it they get EINVAL, as an unknown command does. */
  public void onManagerCommand(Function<String, String> answer) {
    manager = answer;
  }

  /** Answers monitor commands; without it they get EINVAL, as an unknown command does. */
  public void onMonitorCommand(Function<String, String> answer) {
    monitor = answer;
  }

  /** Answers the metadata servers' commands; without it they get EINVAL. */
  public void onMetadataServerCommand(Function<String, String> answer) {
    metadataServer = answer;
  }

  /** Opens a pool's default namespace for a test that closes it later, in another method. */
  public MemoryPool pool(String name) {
    return pool(name, "");
  }

  /** As {@link #pool(String)}, for a namespace. */
  public MemoryPool pool(String name, String namespace) {
    return operations.read(
        "open pool " + name, () -> open(stored(name), "open pool " + name, namespace));
  }

  /** Throws when a pool or image is still open. */
  public void checkNothingOpen() {
    checkNothingOpen(MemoryHandle.PATIENCE);
  }

  void checkNothingOpen(Duration patience) {
    MemoryHandle.requireNoneOf(open, patience);
  }

  @Override
  public String fsid() {
    return fsid;
  }

  @Override
  public String clientAddresses() {
    return ADDRESS;
  }

  @Override
  public Optional<Long> poolId(String name) {
    return operations.read("look up pool " + name, () -> stored(name).map(StoredPool::id));
  }

  @Override
  public Optional<String> poolName(long id) {
    return operations.read(
        "look up pool " + id, () -> Optional.ofNullable(pools.get(id)).map(StoredPool::name));
  }

  @Override
  @MustBeClosed
  public MemoryPool openPool(String name, String namespace) {
    return pool(name, namespace);
  }

  @Override
  @MustBeClosed
  public MemoryPool openPool(long id, String namespace) {
    String action = "open pool " + id;
    return operations.read(
        action, () -> open(Optional.ofNullable(pools.get(id)), action, namespace));
  }

  @Override
  public String managerCommand(String json, Duration timeout, Runnable whileSilent) {
    try {
      return operations.write("manager command " + json, () -> manager.apply(json));
    } catch (CephException e) {
      if (e.errno() == Errno.ETIMEDOUT) {
        whileSilent.run();
      }
      throw e;
    }
  }

  @Override
  public String monitorCommand(String json) {
    return operations.read("monitor command " + json, () -> monitor.apply(json));
  }

  @Override
  public String metadataServerCommand(String server, String json) {
    return operations.read(
        "command of metadata server " + server + " " + json, () -> metadataServer.apply(json));
  }

  @Override
  public void close() {}

  /** What a clone's header says of its parent. */
  Optional<ParentLink> link(StoredImage image) {
    Optional<ParentImage> parent = image.parent();
    return image
        .origin()
        .map(cut ->
            new ParentLink(
                stored(parent.orElseThrow().pool()).map(StoredPool::id).orElse(-1L),
                parent.orElseThrow().namespace(),
                cut.image().id(),
                cut.id()));
  }

  /** All clones of a snapshot, in all pools. */
  List<ChildImage> children(StoredSnapshot snapshot) {
    return pools.values().stream().flatMap(pool -> pool.children(snapshot)).toList();
  }

  boolean has(StoredPool pool) {
    return pools.get(pool.id()) == pool;
  }

  boolean hasPool(String name) {
    return stored(name).isPresent();
  }

  private Optional<StoredPool> stored(String name) {
    return pools.values().stream().filter(p -> p.name().equals(name)).findFirst();
  }

  private MemoryPool open(Optional<StoredPool> pool, String action, String namespace) {
    StoredPool found = pool.orElseThrow(() -> new CephException(Errno.ENOENT, action));
    return new MemoryPool(this, found, namespace, open);
  }

  private static String unknownCommand(String json) {
    throw new CephException(Errno.EINVAL, "command " + json);
  }
}
