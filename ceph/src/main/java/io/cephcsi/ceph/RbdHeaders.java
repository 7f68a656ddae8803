package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.cephcsi.ceph.LibRados.ReadOperationPointer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the objects {@code rbd_id.<image>} and {@code rbd_header.<id>} say of an image, in one
 * operation each; librbd needs a dozen to open it.
 */
final class RbdHeaders {
  /** {@code CEPH_NOSNAP}: the image itself, not one of its snapshots. */
  static final long HEAD = -2;

  private static final byte[] NO_SNAPSHOT = encode(HEAD);

  private static final int ID_OBJECT_BYTES = 256;

  /** Two short texts and some numbers. */
  private static final int PARENT_BYTES = 1024;

  /** A number, a length, and 8 bytes for each of more snapshots than an image can have. */
  private static final int SNAPSHOTS_BYTES = 16 << 10;

  /** Client and cookie. */
  private static final int WATCHER_BYTES = 16;

  /** How long to wait for watchers' answers; Ceph counts in whole seconds. */
  private static final long NOTIFY_MILLIS = 3000;

  private final IoContext io;

  RbdHeaders(IoContext io) {
    this.io = io;
  }

  /** Reads {@code rbd_id.<image>}: a length in 4 bytes, then the id. */
  Optional<String> id(String image) {
    try (var buffer = new Memory(ID_OBJECT_BYTES)) {
      int read = LibRados.rados_read(io.pointer(), "rbd_id." + image, buffer, ID_OBJECT_BYTES, 0);
      if (read == -Errno.ENOENT) {
        return Optional.empty();
      }
      io.check(read, "read id of image " + image);
      int length = read < Integer.BYTES ? -1 : buffer.getInt(0);
      if (length < 0 || length > read - Integer.BYTES) {
        throw new CephException(Errno.EIO, "read id of image " + image + ": malformed");
      }
      return Optional.of(new String(buffer.getByteArray(Integer.BYTES, length), UTF_8));
    }
  }

  /** Class methods {@code get_size} and {@code get_features}, in one read. */
  Optional<ImageHeader> header(String imageId) {
    ReadOperationPointer operation = LibRados.rados_create_read_op();
    try (var size = new ClassReply(9);
        var features = new ClassReply(16)) {
      size.of(operation, "get_size", NO_SNAPSHOT);
      features.of(operation, "get_features", NO_SNAPSHOT);
      int result = LibRados.rados_read_op_operate(operation, io.pointer(), object(imageId), 0);
      if (result == -Errno.ENOENT) {
        return Optional.empty();
      }
      io.check(result, "read header of image " + imageId);
      // get_size answers the object size's power of two in one byte, then the size.
      return Optional.of(new ImageHeader(size.number(1), features.number(0)));
    } finally {
      LibRados.rados_release_read_op(operation);
    }
  }

  /** Class method {@code get_data_pool}: the pool's id, -1 for the image's own. */
  Optional<Long> dataPool(String imageId) {
    ReadOperationPointer operation = LibRados.rados_create_read_op();
    try (var pool = new ClassReply(Long.BYTES)) {
      pool.of(operation, "get_data_pool", new byte[0]);
      int result = LibRados.rados_read_op_operate(operation, io.pointer(), object(imageId), 0);
      io.check(result, "read data pool of image " + imageId);
      long id = pool.number(0);
      return id < 0 ? Optional.empty() : Optional.of(id);
    } finally {
      LibRados.rados_release_read_op(operation);
    }
  }

  /** As {@link #header}, in one read. */
  Optional<ImageState> state(String imageId) {
    ReadOperationPointer operation = LibRados.rados_create_read_op();
    try (var size = new ClassReply(9);
        var features = new ClassReply(16);
        var snapshots = new ClassReply(SNAPSHOTS_BYTES);
        var created = new ClassReply(Long.BYTES);
        var parent = new ClassReply(PARENT_BYTES)) {
      size.of(operation, "get_size", NO_SNAPSHOT);
      features.of(operation, "get_features", NO_SNAPSHOT);
      snapshots.of(operation, "get_snapcontext", new byte[0]);
      created.of(operation, "get_create_timestamp", new byte[0]);
      parent.of(operation, "parent_get", new byte[0]);
      int result = LibRados.rados_read_op_operate(operation, io.pointer(), object(imageId), 0);
      if (result == -Errno.ENOENT) {
        return Optional.empty();
      }
      io.check(result, "read header of image " + imageId);
      return Optional.of(
          new ImageState(
              size.number(1),
              features.number(0),
              ids(snapshots.bytes()),
              CephEncoding.time(created.bytes()),
              link(parent)));
    } finally {
      LibRados.rados_release_read_op(operation);
    }
  }

  /** {@code SnapContext}: the newest id, how many there are, and each, the newest first. */
  private static List<Long> ids(ByteBuffer context) {
    context.position(Long.BYTES);
    var ids = new ArrayList<Long>();
    for (int left = context.getInt(); left > 0; left--) {
      ids.add(context.getLong());
    }
    return ids;
  }

  /** How many answer, or fail to answer, an empty notification. */
  int watchers(String imageId) {
    try (var out = new Memory(2L * Long.BYTES)) {
      out.clear();
      int result =
          LibRados.rados_notify2(
              io.pointer(),
              object(imageId),
              null,
              0,
              NOTIFY_MILLIS,
              out,
              out.share(Native.POINTER_SIZE));
      try {
        int answers = answers(out.getPointer(0), out.getLong(Native.POINTER_SIZE));
        if (result == -Errno.ETIMEDOUT) {
          return Math.max(1, answers);
        }
        io.check(result, "notify watchers of image " + imageId);
        return answers;
      } finally {
        LibRados.rados_buffer_free(out.getPointer(0));
      }
    }
  }

  /**
   * The answers and the missing ones. Each list begins with its length in 4 bytes; a watcher is 16
   * bytes, and an answer has its text behind.
   */
  private static int answers(Pointer reply, long length) {
    if (reply == null || length < 2L * Integer.BYTES) {
      return 0;
    }
    int answers = reply.getInt(0);
    long at = Integer.BYTES;
    for (int i = 0; i < answers; i++) {
      at += WATCHER_BYTES + Integer.BYTES + (long) reply.getInt(at + WATCHER_BYTES);
    }
    return answers + reply.getInt(at);
  }

  /**
   * Class method {@code parent_get}: a version, then the parent's specification; and {@code
   * parent_overlap_get}: whether there is an overlap, then its size.
   */
  Optional<ParentLink> parent(String imageId, long snapshotId) {
    ReadOperationPointer operation = LibRados.rados_create_read_op();
    try (var reply = new ClassReply(PARENT_BYTES);
        var overlap = new ClassReply(1 + Long.BYTES)) {
      reply.of(operation, "parent_get", new byte[0]);
      overlap.of(operation, "parent_overlap_get", encode(snapshotId));
      int result = LibRados.rados_read_op_operate(operation, io.pointer(), object(imageId), 0);
      if (result == -Errno.ENOENT) {
        return Optional.empty();
      }
      io.check(result, "read parent of image " + imageId);
      return overlap.bytes().get() == 0 ? Optional.empty() : Optional.ofNullable(link(reply));
    } finally {
      LibRados.rados_release_read_op(operation);
    }
  }

  /** Class method {@code parent_detach}, the last step of librbd's flattening. */
  void leaveParent(String imageId) {
    try (var operation = new WriteOperation()) {
      operation.assertExists();
      operation.exec("rbd", "parent_detach", new byte[0]);
      int result = operation.operate(io, object(imageId));
      boolean hasNone = result == -Errno.ENOENT && header(imageId).isPresent();
      if (!hasNone) {
        io.check(result, "detach image " + imageId + " from its parent");
      }
    }
  }

  private static @Nullable ParentLink link(ClassReply reply) {
    ByteBuffer link = reply.bytes().position(CephEncoding.START);
    long poolId = link.getLong();
    return poolId < 0
        ? null
        : new ParentLink(poolId, CephEncoding.text(link), CephEncoding.text(link), link.getLong());
  }

  /** Class method {@code metadata_set} takes a map and would make a missing header. */
  void changeMetadata(String imageId, Set<String> removed, Map<String, String> set) {
    try (var operation = new WriteOperation()) {
      operation.assertExists();
      for (String key : removed) {
        operation.exec("rbd", "metadata_remove", CephEncoding.bytes(key));
      }
      if (!set.isEmpty()) {
        operation.exec("rbd", "metadata_set", encode(set));
      }
      int result = operation.operate(io, object(imageId));
      io.check(result, "change metadata of image " + imageId);
    }
  }

  static String object(String imageId) {
    return "rbd_header." + imageId;
  }

  private static byte[] encode(long number) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
  }

  /** Ceph's encoding of {@code map<string, bufferlist>}: lengths in 4 bytes, little-endian. */
  private static byte[] encode(Map<String, String> metadata) {
    var bytes = new ByteArrayOutputStream();
    putLength(bytes, metadata.size());
    for (var entry : metadata.entrySet()) {
      bytes.writeBytes(CephEncoding.bytes(entry.getKey()));
      bytes.writeBytes(CephEncoding.bytes(entry.getValue()));
    }
    return bytes.toByteArray();
  }

  private static void putLength(ByteArrayOutputStream bytes, int length) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      bytes.write(length >> shift);
    }
  }
}
