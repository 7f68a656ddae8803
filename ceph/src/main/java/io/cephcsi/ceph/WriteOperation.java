package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.LibRados.IoPointer;
import io.cephcsi.ceph.LibRados.WriteOperationPointer;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Steps on one object that RADOS carries out together or not at all. */
final class WriteOperation extends NativeHandle<WriteOperationPointer> {
  @MustBeClosed
  WriteOperation() {
    super(LibRados.rados_create_write_op());
  }

  /** The operation fails with EEXIST when the object exists. */
  WriteOperation createExclusive() {
    LibRados.rados_write_op_create(pointer(), LibRados.CREATE_EXCLUSIVE, null);
    return this;
  }

  WriteOperation createIfMissing() {
    LibRados.rados_write_op_create(pointer(), LibRados.CREATE_IDEMPOTENT, null);
    return this;
  }

  /** The operation fails with ENOENT when the object is missing. */
  WriteOperation assertExists() {
    LibRados.rados_write_op_assert_exists(pointer());
    return this;
  }

  /** The operation fails with ECANCELED when the value is another one; a missing one is empty. */
  WriteOperation compare(String key, String expected) {
    byte[] keyBytes = key.getBytes(UTF_8);
    byte[] value = expected.getBytes(UTF_8);
    LibRados.rados_write_op_omap_cmp2(
        pointer(), keyBytes, LibRados.COMPARE_EQUAL, value, keyBytes.length, value.length, null);
    return this;
  }

  WriteOperation set(Map<String, String> entries) {
    if (!entries.isEmpty()) {
      try (var keys = new TextArray(entries.keySet());
          var values = new TextArray(entries.values())) {
        LibRados.rados_write_op_omap_set2(
            pointer(),
            keys.pointers(),
            values.pointers(),
            keys.lengths(),
            values.lengths(),
            keys.size());
      }
    }
    return this;
  }

  WriteOperation removeKeys(Collection<String> keys) {
    if (!keys.isEmpty()) {
      try (var array = new TextArray(keys)) {
        LibRados.rados_write_op_omap_rm_keys2(
            pointer(), array.pointers(), array.lengths(), array.size());
      }
    }
    return this;
  }

  /** Runs a method of an object class on the OSD. */
  WriteOperation exec(String objectClass, String method, byte[] input) {
    LibRados.rados_write_op_exec(pointer(), objectClass, method, input, input.length, null);
    return this;
  }

  /** Carries it out and waits: 0 or a negative errno. */
  int operate(IoContext io, String object) {
    return LibRados.rados_write_op_operate(pointer(), io.pointer(), object, null, 0);
  }

  /** Starts it; the future gets 0 or a negative errno. This operation may be closed at once. */
  CompletableFuture<Integer> operateAsync(IoContext io, String object) {
    WriteOperationPointer operation = pointer();
    IoPointer context = io.pointer();
    return Completions.start(
        c -> LibRados.rados_aio_write_op_operate(operation, context, c, object, null, 0));
  }

  @Override
  void release(WriteOperationPointer open) {
    LibRados.rados_release_write_op(open);
  }
}
