package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.cephcsi.ceph.LibRados.ClusterPointer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A lent connection: one of its connection's users until it is closed. */
final class RadosCluster implements Cluster {
  private final SharedConnection connection;
  private final AtomicBoolean closed = new AtomicBoolean();

  @MustBeClosed
  RadosCluster(SharedConnection connection) {
    this.connection = connection;
  }

  private SharedConnection connection() {
    if (closed.get()) {
      throw new IllegalStateException("cluster is closed");
    }
    return connection;
  }

  private ClusterPointer pointer() {
    return connection().pointer();
  }

  @Override
  public String fsid() {
    try (var buffer = new Memory(64)) {
      CephException.check(
          LibRados.rados_cluster_fsid(pointer(), buffer, buffer.size()), "get fsid");
      return buffer.getString(0);
    }
  }

  @Override
  public String clientAddresses() {
    try (var out = new Memory(Native.POINTER_SIZE)) {
      CephException.check(LibRados.rados_getaddrs(pointer(), out), "get client addresses");
      Pointer addresses = out.getPointer(0);
      String text = addresses.getString(0);
      LibRados.rados_buffer_free(addresses);
      return text;
    }
  }

  @Override
  public Optional<Long> poolId(String name) {
    long id = LibRados.rados_pool_lookup(pointer(), name);
    if (id == -Errno.ENOENT) {
      return Optional.empty();
    }
    CephException.check((int) Math.min(id, 0), "look up pool " + name);
    return Optional.of(id);
  }

  @Override
  public Optional<String> poolName(long id) {
    try (var buffer = new Memory(1024)) {
      int result = LibRados.rados_pool_reverse_lookup(pointer(), id, buffer, buffer.size());
      if (result == -Errno.ENOENT) {
        return Optional.empty();
      }
      CephException.check(result, "look up pool " + id);
      return Optional.of(buffer.getString(0, "UTF-8"));
    }
  }

  @Override
  @MustBeClosed
  public Pool openPool(String name, String namespace) {
    return new RadosPool(IoContext.open(connection(), name, namespace), name, namespace);
  }

  @Override
  @MustBeClosed
  public Pool openPool(long id, String namespace) {
    IoContext io = IoContext.open(connection(), id, namespace);
    try {
      return new RadosPool(io, io.poolName(), namespace);
    } catch (CephException e) {
      io.close();
      throw e;
    }
  }

  @Override
  public String managerCommand(String json, Duration timeout, Runnable whileSilent) {
    return connection().managerCommands().send(json, timeout, whileSilent);
  }

  @Override
  public String monitorCommand(String json) {
    return Command.send(LibRados::rados_mon_command, CephException.Daemon.MON, pointer(), json);
  }

  /** It counts as a user of the connection, since who asks may have stopped waiting. */
  @Override
  public String metadataServerCommand(String server, String json) {
    SharedConnection used = connection();
    used.retainOpen();
    try {
      return MetadataServers.send(used.pointer(), server, json);
    } finally {
      used.release();
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      connection.release();
    }
  }
}
