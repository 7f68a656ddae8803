package io.cephcsi.ceph;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import io.cephcsi.ceph.LibRados.ObjectListPointer;

/** A walk through all objects of a pool's namespace, in no order that means anything. */
final class ObjectList extends NativeHandle<ObjectListPointer> {
  private final IoContext io;
  private final Memory entry = new Memory(Native.POINTER_SIZE);

  @MustBeClosed
  ObjectList(IoContext io) {
    super(open(io));
    this.io = io;
  }

  private static ObjectListPointer open(IoContext io) {
    try (var out = new Memory(Native.POINTER_SIZE)) {
      io.check(LibRados.rados_nobjects_list_open(io.pointer(), out), "list the pool's objects");
      return new ObjectListPointer(out.getPointer(0));
    }
  }

  /** The next one's name; empty at the end. */
  String next() {
    int result = LibRados.rados_nobjects_list_next(pointer(), entry, null, null);
    if (result == -Errno.ENOENT) {
      return "";
    }
    io.check(result, "list the pool's objects");
    return entry.getPointer(0).getString(0, "UTF-8");
  }

  @Override
  void release(ObjectListPointer open) {
    LibRados.rados_nobjects_list_close(open);
    entry.close();
  }
}
