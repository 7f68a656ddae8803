package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.cephcsi.ceph.LibRados.OmapIteratorPointer;
import io.cephcsi.ceph.LibRados.ReadOperationPointer;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/** One read of omap entries: by keys or a page of them, then carried out once. */
final class OmapRead extends NativeHandle<ReadOperationPointer> {
  private static final int ITERATOR = 0;
  private static final int RESULT = 8;
  private static final int MORE = 16;
  private static final int KEY = 24;
  private static final int VALUE = 32;
  private static final int KEY_LENGTH = 40;
  private static final int VALUE_LENGTH = 48;

  private final Memory memory = new Memory(56);

  private OmapRead() {
    super(LibRados.rados_create_read_op());
    memory.clear();
  }

  @MustBeClosed
  static OmapRead ofKeys(Collection<String> keys) {
    var read = new OmapRead();
    try (var array = new TextArray(keys)) {
      LibRados.rados_read_op_omap_get_vals_by_keys2(
          read.pointer(),
          array.pointers(),
          array.size(),
          array.lengths(),
          read.memory.share(ITERATOR),
          read.memory.share(RESULT));
    }
    return read;
  }

  @MustBeClosed
  static OmapRead ofPage(String after, int most) {
    var read = new OmapRead();
    LibRados.rados_read_op_omap_get_vals2(
        read.pointer(),
        after,
        "",
        most,
        read.memory.share(ITERATOR),
        read.memory.share(MORE),
        read.memory.share(RESULT));
    return read;
  }

  /** Carries it out; nothing for a missing object. */
  SortedMap<String, String> entries(IoContext io, String object) {
    int result = LibRados.rados_read_op_operate(pointer(), io.pointer(), object, 0);
    var entries = new TreeMap<String, String>();
    if (result == -Errno.ENOENT) {
      return entries;
    }
    io.check(result, "read omap of " + object);
    CephException.check(memory.getInt(RESULT), "read omap of " + object);
    while (next()) {
      entries.put(text(KEY, KEY_LENGTH), text(VALUE, VALUE_LENGTH));
    }
    return entries;
  }

  private boolean next() {
    int result =
        LibRados.rados_omap_get_next2(
            iterator(),
            memory.share(KEY),
            memory.share(VALUE),
            memory.share(KEY_LENGTH),
            memory.share(VALUE_LENGTH));
    CephException.check(result, "iterate over omap");
    return memory.getPointer(KEY) != null;
  }

  private OmapIteratorPointer iterator() {
    return new OmapIteratorPointer(memory.getPointer(ITERATOR));
  }

  private String text(int at, int lengthAt) {
    int length = Math.toIntExact(memory.getLong(lengthAt));
    Pointer bytes = memory.getPointer(at);
    return length == 0 ? "" : new String(bytes.getByteArray(0, length), UTF_8);
  }

  @Override
  void release(ReadOperationPointer open) {
    LibRados.rados_omap_get_end(iterator());
    LibRados.rados_release_read_op(open);
    memory.close();
  }
}
