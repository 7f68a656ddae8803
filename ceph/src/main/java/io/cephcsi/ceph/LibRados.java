package io.cephcsi.ceph;

import com.sun.jna.Callback;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.PointerType;
import org.jspecify.annotations.Nullable;

/**
 * The functions of {@code rados/librados.h} in use, under their C names and in its order. {@code
 * size_t} and 64-bit numbers are {@code long}; pointers to which C writes are plain {@link
 * Pointer}s. The typed pointers are public, with a public constructor, since JNA makes some of
 * each.
 */
final class LibRados {
  /** {@code LIBRADOS_CREATE_EXCLUSIVE}. */
  static final int CREATE_EXCLUSIVE = 1;

  /** {@code LIBRADOS_CREATE_IDEMPOTENT}. */
  static final int CREATE_IDEMPOTENT = 0;

  /** {@code LIBRADOS_CMPXATTR_OP_EQ}. */
  static final byte COMPARE_EQUAL = 1;

  /** {@code LIBRADOS_OP_FLAG_FAILOK}: the others of the operation are carried out all the same. */
  static final int OPERATION_MAY_FAIL = 2;

  static {
    Native.register(LibRados.class, CephLibrary.load("librados.so.2"));
  }

  /** {@code rados_t}. */
  public static final class ClusterPointer extends PointerType {
    /** For JNA. */
    public ClusterPointer() {}

    ClusterPointer(Pointer pointer) {
      super(pointer);
    }
  }

  /** {@code rados_ioctx_t}. */
  public static final class IoPointer extends PointerType {
    /** For JNA. */
    public IoPointer() {}

    IoPointer(Pointer pointer) {
      super(pointer);
    }
  }

  /** {@code rados_omap_iter_t}. */
  public static final class OmapIteratorPointer extends PointerType {
    /** For JNA. */
    public OmapIteratorPointer() {}

    OmapIteratorPointer(Pointer pointer) {
      super(pointer);
    }
  }

  /** {@code rados_write_op_t}. */
  public static final class WriteOperationPointer extends PointerType {
    /** For JNA. */
    public WriteOperationPointer() {}
  }

  /** {@code rados_read_op_t}. */
  public static final class ReadOperationPointer extends PointerType {
    /** For JNA. */
    public ReadOperationPointer() {}
  }

  /** {@code rados_xattrs_iter_t}. */
  public static final class AttributesIteratorPointer extends PointerType {
    /** For JNA. */
    public AttributesIteratorPointer() {}

    AttributesIteratorPointer(Pointer pointer) {
      super(pointer);
    }
  }

  /** {@code rados_list_ctx_t}. */
  public static final class ObjectListPointer extends PointerType {
    /** For JNA. */
    public ObjectListPointer() {}

    ObjectListPointer(Pointer pointer) {
      super(pointer);
    }
  }

  /** {@code rados_completion_t}. */
  public static final class CompletionPointer extends PointerType {
    /** For JNA. */
    public CompletionPointer() {}

    CompletionPointer(Pointer pointer) {
      super(pointer);
    }
  }

  /** {@code rados_callback_t}; called on a thread of librados. */
  interface Completed extends Callback {
    void invoke(Pointer completion, Pointer argument);
  }

  private LibRados() {}

  static native int rados_create2(Pointer cluster, String clusterName, String name, long flags);

  static native int rados_connect(ClusterPointer cluster);

  static native void rados_shutdown(ClusterPointer cluster);

  static native int rados_conf_read_file(ClusterPointer cluster, String path);

  static native int rados_conf_set(ClusterPointer cluster, String option, String value);

  static native int rados_cluster_fsid(ClusterPointer cluster, Pointer buffer, long length);

  static native int rados_ioctx_create(ClusterPointer cluster, String pool, Pointer io);

  static native int rados_ioctx_create2(ClusterPointer cluster, long poolId, Pointer io);

  static native void rados_ioctx_destroy(IoPointer io);

  static native long rados_pool_lookup(ClusterPointer cluster, String pool);

  static native int rados_pool_reverse_lookup(
      ClusterPointer cluster, long poolId, Pointer buffer, long length);

  static native long rados_ioctx_get_id(IoPointer io);

  static native int rados_ioctx_get_pool_name(IoPointer io, Pointer buffer, int length);

  static native void rados_ioctx_set_namespace(IoPointer io, String namespace);

  /** Lets reads see the objects as they were at a snapshot of the client's own. */
  static native void rados_ioctx_snap_set_read(IoPointer io, long snapshotId);

  static native int rados_nobjects_list_open(IoPointer io, Pointer list);

  /** The entry is freed by the next call. */
  static native int rados_nobjects_list_next(
      ObjectListPointer list,
      Pointer entry,
      @Nullable Pointer locator,
      @Nullable Pointer namespace);

  static native void rados_nobjects_list_close(ObjectListPointer list);

  /** Of the object that was read last by this io context. */
  static native long rados_get_last_version(IoPointer io);

  static native int rados_stat(IoPointer io, String object, Pointer size, Pointer time);

  static native int rados_read(IoPointer io, String object, Pointer buffer, long length, long off);

  static native int rados_remove(IoPointer io, String object);

  /** Sets the name to null behind the last one. */
  static native int rados_getxattrs_next(
      AttributesIteratorPointer iterator, Pointer name, Pointer value, Pointer valueLength);

  static native void rados_getxattrs_end(AttributesIteratorPointer iterator);

  static native int rados_omap_get_next2(
      OmapIteratorPointer iterator,
      Pointer key,
      Pointer value,
      @Nullable Pointer keyLength,
      Pointer valueLength);

  static native void rados_omap_get_end(OmapIteratorPointer iterator);

  static native int rados_aio_create_completion2(
      Pointer argument, Completed callback, Pointer completion);

  static native int rados_aio_get_return_value(CompletionPointer completion);

  static native void rados_aio_release(CompletionPointer completion);

  static native int rados_aio_flush(IoPointer io);

  /** Sets the reply, which the caller frees, also when it returns an error. */
  static native int rados_notify2(
      IoPointer io,
      String object,
      @Nullable Pointer buffer,
      int bufferLength,
      long timeoutMillis,
      Pointer reply,
      Pointer replyLength);

  /** Asks the monitors for the id of a new snapshot, which is a number in 8 bytes. */
  static native int rados_ioctx_selfmanaged_snap_create(IoPointer io, Pointer snapshotId);

  static native int rados_ioctx_selfmanaged_snap_remove(IoPointer io, long snapshotId);

  static native WriteOperationPointer rados_create_write_op();

  static native void rados_release_write_op(WriteOperationPointer operation);

  static native void rados_write_op_assert_exists(WriteOperationPointer operation);

  /** The operation fails with EOVERFLOW or ERANGE for another version than that. */
  static native void rados_write_op_assert_version(WriteOperationPointer operation, long version);

  /** Copies key and value. A missing key compares as an empty value. */
  static native void rados_write_op_omap_cmp2(
      WriteOperationPointer operation,
      byte[] key,
      byte comparison,
      byte[] value,
      long keyLength,
      long valueLength,
      @Nullable Pointer result);

  /** Copies the value. */
  static native void rados_write_op_setxattr(
      WriteOperationPointer operation, String name, byte[] value, long length);

  static native void rados_write_op_create(
      WriteOperationPointer operation, int exclusive, @Nullable String category);

  /** Copies the buffer. */
  static native void rados_write_op_write_full(
      WriteOperationPointer operation, byte[] buffer, long length);

  static native void rados_write_op_remove(WriteOperationPointer operation);

  /** Copies the input. */
  static native void rados_write_op_exec(
      WriteOperationPointer operation,
      String objectClass,
      String method,
      byte[] input,
      long inputLength,
      @Nullable Pointer result);

  /** Copies keys and values. */
  static native void rados_write_op_omap_set2(
      WriteOperationPointer operation,
      Pointer keys,
      Pointer values,
      Pointer keyLengths,
      Pointer valueLengths,
      long count);

  /** Copies the keys. */
  static native void rados_write_op_omap_rm_keys2(
      WriteOperationPointer operation, Pointer keys, Pointer keyLengths, long count);

  static native int rados_write_op_operate(
      WriteOperationPointer operation,
      IoPointer io,
      String object,
      @Nullable Pointer time,
      int flags);

  static native int rados_aio_write_op_operate(
      WriteOperationPointer operation,
      IoPointer io,
      CompletionPointer completion,
      String object,
      @Nullable Pointer time,
      int flags);

  static native ReadOperationPointer rados_create_read_op();

  static native void rados_release_read_op(ReadOperationPointer operation);

  /** Of what was added to the operation last. */
  static native void rados_read_op_set_flags(ReadOperationPointer operation, int flags);

  /** Makes the iterator when the operation is carried out. */
  static native void rados_read_op_getxattrs(
      ReadOperationPointer operation, Pointer iterator, Pointer result);

  /** Writes to buffer, used length and result when the operation is carried out. */
  static native void rados_read_op_read(
      ReadOperationPointer operation,
      long offset,
      long length,
      Pointer buffer,
      Pointer usedLength,
      Pointer result);

  /** Writes to output, used length and result when the operation is carried out. */
  static native void rados_read_op_exec_user_buf(
      ReadOperationPointer operation,
      String objectClass,
      String method,
      byte[] input,
      long inputLength,
      Pointer output,
      long outputLength,
      Pointer usedLength,
      Pointer result);

  /** Makes the iterator at once; it is to be ended even when the operation fails. */
  static native void rados_read_op_omap_get_vals2(
      ReadOperationPointer operation,
      String startAfter,
      String filterPrefix,
      long most,
      Pointer iterator,
      Pointer more,
      Pointer result);

  /** As {@link #rados_read_op_omap_get_vals2}; copies the keys. */
  static native void rados_read_op_omap_get_vals_by_keys2(
      ReadOperationPointer operation,
      Pointer keys,
      long count,
      Pointer keyLengths,
      Pointer iterator,
      Pointer result);

  static native int rados_read_op_operate(
      ReadOperationPointer operation, IoPointer io, String object, int flags);

  static native int rados_getaddrs(ClusterPointer cluster, Pointer addresses);

  static native void rados_set_pool_full_try(IoPointer io);

  static native int rados_mon_command(
      ClusterPointer cluster,
      Pointer commands,
      long commandCount,
      @Nullable Pointer input,
      long inputLength,
      Pointer output,
      Pointer outputLength,
      Pointer status,
      Pointer statusLength);

  static native int rados_mgr_command(
      ClusterPointer cluster,
      Pointer commands,
      long commandCount,
      @Nullable Pointer input,
      long inputLength,
      Pointer output,
      Pointer outputLength,
      Pointer status,
      Pointer statusLength);

  static native void rados_buffer_free(@Nullable Pointer buffer);
}
