package io.cephcsi.ceph;

import com.sun.jna.Memory;
import io.cephcsi.ceph.LibRados.ReadOperationPointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What the object {@code rbd_header.<id>} says of an image's snapshots, in one operation. */
final class RbdSnapshots {
  /** Two names, of which one may be of any length, and some numbers. */
  private static final int SNAPSHOT_BYTES = 8 << 10;

  /** Version, the least version that reads it, the length 4, and 0 for a user's. */
  private static final byte[] USER_NAMESPACE = {1, 1, 4, 0, 0, 0, 0, 0, 0, 0};

  private final IoContext io;

  RbdSnapshots(IoContext io) {
    this.io = io;
  }

  /** Class method {@code snapshot_get} of each; those that are gone are left out. */
  List<SnapshotHeader> headers(String imageId, Collection<Long> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    ReadOperationPointer operation = LibRados.rados_create_read_op();
    List<ClassReply> replies = new ArrayList<>();
    try {
      for (long id : ids) {
        var reply = new ClassReply(SNAPSHOT_BYTES);
        replies.add(reply);
        reply.of(operation, "snapshot_get", encode(id));
        LibRados.rados_read_op_set_flags(operation, LibRados.OPERATION_MAY_FAIL);
      }
      int result =
          LibRados.rados_read_op_operate(operation, io.pointer(), RbdHeaders.object(imageId), 0);
      if (result == -Errno.ENOENT) {
        return List.of();
      }
      io.check(result, "read snapshots of image " + imageId);
      return replies.stream()
          .filter(ClassReply::isThere)
          .map(reply -> header(reply.bytes()))
          .toList();
    } finally {
      replies.forEach(ClassReply::close);
      LibRados.rados_release_read_op(operation);
    }
  }

  /** {@code cls::rbd::SnapshotInfo}: id, namespace, name, size, time, count of clones. */
  private static SnapshotHeader header(ByteBuffer reply) {
    ByteBuffer info = CephEncoding.structure(reply);
    long id = info.getLong();
    ByteBuffer namespace = CephEncoding.structure(info);
    var kind = ImageSnapshot.Kind.of(namespace.getInt());
    String name = CephEncoding.text(info);
    // One that was removed has some UUID as its name now.
    String before = kind == ImageSnapshot.Kind.TRASH ? CephEncoding.text(namespace) : name;
    long sizeBytes = info.getLong();
    var snapshot = new ImageSnapshot(id, before, sizeBytes, kind, CephEncoding.time(info));
    return new SnapshotHeader(snapshot, info.getInt());
  }

  /** Class method {@code snapshot_add}, with an id that the pool has had for no other. */
  void add(String imageId, String name) {
    String action = "add snapshot %s to image %s".formatted(name, imageId);
    long id = newId(action);
    try (var operation = new WriteOperation()) {
      operation.assertExists();
      operation.exec("rbd", "snapshot_add", encode(name, id));
      int result = operation.operate(io, RbdHeaders.object(imageId));
      if (result == -Errno.EEXIST || result == -Errno.ENOENT) {
        forget(id); // of other failures it is not known whether the header has it
      }
      io.check(result, action);
    }
  }

  private long newId(String action) {
    try (var id = new Memory(Long.BYTES)) {
      io.check(LibRados.rados_ioctx_selfmanaged_snap_create(io.pointer(), id), action);
      return id.getLong(0);
    }
  }

  /** The failure that is told is the one that led here; an id that nobody uses hinders nobody. */
  private void forget(long id) {
    var _ = LibRados.rados_ioctx_selfmanaged_snap_remove(io.pointer(), id);
  }

  /** The name, the id, and {@code cls::rbd::SnapshotNamespace} of a user's. */
  private static byte[] encode(String name, long id) {
    byte[] text = CephEncoding.bytes(name);
    return ByteBuffer.allocate(text.length + Long.BYTES + USER_NAMESPACE.length)
        .put(text)
        .put(encode(id))
        .put(USER_NAMESPACE)
        .array();
  }

  /** Class method {@code snapshot_trash_add}, the first step of librbd's own removal. */
  void takeName(String imageId, long id) {
    try (var operation = new WriteOperation()) {
      operation.assertExists();
      operation.exec("rbd", "snapshot_trash_add", encode(id));
      int result = operation.operate(io, RbdHeaders.object(imageId));
      if (result != -Errno.EEXIST) { // it has none any more
        io.check(result, "take the name of snapshot %d of image %s".formatted(id, imageId));
      }
    }
  }

  private static byte[] encode(long id) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(id).array();
  }
}
