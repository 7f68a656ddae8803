package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.cephcsi.ceph.LibRados.AttributesIteratorPointer;
import io.cephcsi.ceph.LibRados.OmapIteratorPointer;
import io.cephcsi.ceph.LibRados.ReadOperationPointer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One read of all that an object has: attributes, data, and entries; carried out once. */
final class ObjectRead extends NativeHandle<ReadOperationPointer> {
  private static final int ATTRIBUTES = 0;
  private static final int ENTRIES = 8;
  private static final int USED = 16;
  private static final int ATTRIBUTES_RESULT = 24;
  private static final int DATA_RESULT = 28;
  private static final int ENTRIES_RESULT = 32;
  private static final int NAME = 40;
  private static final int VALUE = 48;
  private static final int VALUE_LENGTH = 56;
  private static final int DATA = 64;

  private final Memory memory;

  @MustBeClosed
  ObjectRead(int most, Set<String> keys) {
    super(LibRados.rados_create_read_op());
    memory = new Memory(DATA + (long) most);
    memory.clear();
    LibRados.rados_read_op_getxattrs(
        pointer(), memory.share(ATTRIBUTES), memory.share(ATTRIBUTES_RESULT));
    LibRados.rados_read_op_read(
        pointer(), 0, most, memory.share(DATA), memory.share(USED), memory.share(DATA_RESULT));
    try (var array = new TextArray(keys)) {
      LibRados.rados_read_op_omap_get_vals_by_keys2(
          pointer(),
          array.pointers(),
          array.size(),
          array.lengths(),
          memory.share(ENTRIES),
          memory.share(ENTRIES_RESULT));
    }
  }

  /** Carries it out; empty for a missing object. */
  Optional<VersionedObject> read(IoContext io, String object) {
    int result = LibRados.rados_read_op_operate(pointer(), io.pointer(), object, 0);
    if (result == -Errno.ENOENT) {
      return Optional.empty();
    }
    String action = "read object " + object;
    io.check(result, action);
    CephException.check(memory.getInt(ATTRIBUTES_RESULT), action);
    CephException.check(memory.getInt(DATA_RESULT), action);
    CephException.check(memory.getInt(ENTRIES_RESULT), action);
    long version = LibRados.rados_get_last_version(io.pointer());
    byte[] data = memory.getByteArray(DATA, Math.toIntExact(memory.getLong(USED)));
    return Optional.of(new VersionedObject(version, attributes(), data, entries()));
  }

  private Map<String, byte[]> attributes() {
    var attributes = new HashMap<String, byte[]>();
    while (true) {
      int result =
          LibRados.rados_getxattrs_next(
              new AttributesIteratorPointer(memory.getPointer(ATTRIBUTES)),
              memory.share(NAME),
              memory.share(VALUE),
              memory.share(VALUE_LENGTH));
      CephException.check(result, "iterate over attributes");
      Pointer name = memory.getPointer(NAME);
      if (name == null) {
        return attributes;
      }
      attributes.put(name.getString(0, "UTF-8"), value());
    }
  }

  private Map<String, String> entries() {
    var entries = new HashMap<String, String>();
    while (true) {
      int result =
          LibRados.rados_omap_get_next2(
              new OmapIteratorPointer(memory.getPointer(ENTRIES)),
              memory.share(NAME),
              memory.share(VALUE),
              null,
              memory.share(VALUE_LENGTH));
      CephException.check(result, "iterate over omap");
      Pointer key = memory.getPointer(NAME);
      if (key == null) {
        return entries;
      }
      entries.put(key.getString(0, "UTF-8"), new String(value(), UTF_8));
    }
  }

  private byte[] value() {
    int length = Math.toIntExact(memory.getLong(VALUE_LENGTH));
    return length == 0 ? new byte[0] : memory.getPointer(VALUE).getByteArray(0, length);
  }

  @Override
  void release(ReadOperationPointer open) {
    Pointer attributes = memory.getPointer(ATTRIBUTES);
    if (attributes != null) {
      LibRados.rados_getxattrs_end(new AttributesIteratorPointer(attributes));
    }
    LibRados.rados_omap_get_end(new OmapIteratorPointer(memory.getPointer(ENTRIES)));
    LibRados.rados_release_read_op(open);
    memory.close();
  }
}
