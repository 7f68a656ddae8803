package io.cephcsi.ceph;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import io.cephcsi.ceph.LibRados.IoPointer;
import java.util.function.ToIntFunction;

/** A pool and namespace as librados has them; one of its connection's users until it is closed. */
final class IoContext extends NativeHandle<IoPointer> {
  private final SharedConnection connection;
  private final String namespace;

  private IoContext(IoPointer pointer, SharedConnection connection, String namespace) {
    super(pointer);
    this.connection = connection;
    this.namespace = namespace;
  }

  static IoContext open(SharedConnection connection, String pool, String namespace) {
    return open(
        connection,
        out -> LibRados.rados_ioctx_create(connection.pointer(), pool, out),
        "open pool " + pool,
        namespace);
  }

  static IoContext open(SharedConnection connection, long poolId, String namespace) {
    return open(
        connection,
        out -> LibRados.rados_ioctx_create2(connection.pointer(), poolId, out),
        "open pool " + poolId,
        namespace);
  }

  private static IoContext open(
      SharedConnection connection, ToIntFunction<Memory> create, String action, String namespace) {
    connection.retainOpen();
    try (var out = new Memory(Native.POINTER_SIZE)) {
      CephException.check(create.applyAsInt(out), action);
      var pointer = new IoPointer(out.getPointer(0));
      LibRados.rados_ioctx_set_namespace(pointer, namespace);
      // A full pool then answers ENOSPC or EDQUOT; without it operations wait until there is space.
      LibRados.rados_set_pool_full_try(pointer);
      return new IoContext(pointer, connection, namespace);
    } catch (RuntimeException e) {
      connection.release();
      throw e;
    }
  }

  /** As {@link CephException#check}, for the results of what works on this pool: of its OSDs. */
  @CanIgnoreReturnValue
  int check(int result, String action) {
    return CephException.check(noted(result), action, CephException.Daemon.OSD);
  }

  /** As {@link SharedConnection#noted}. */
  int noted(int result) {
    return connection.noted(result);
  }

  SharedConnection connection() {
    return connection;
  }

  String namespace() {
    return namespace;
  }

  long poolId() {
    return LibRados.rados_ioctx_get_id(pointer());
  }

  String poolName() {
    try (var buffer = new Memory(1024)) {
      CephException.check(
          LibRados.rados_ioctx_get_pool_name(pointer(), buffer, (int) buffer.size()),
          "get name of pool");
      return buffer.getString(0, "UTF-8");
    }
  }

  @Override
  void release(IoPointer open) {
    // Operations under way would find the context gone; they end by their timeout.
    LibRados.rados_aio_flush(open);
    LibRados.rados_ioctx_destroy(open);
    connection.release();
  }
}
