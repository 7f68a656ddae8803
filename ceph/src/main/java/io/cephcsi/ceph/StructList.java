package io.cephcsi.ceph;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;

/** Calls C functions that fill an array of structures whose number is known only by trying. */
final class StructList {
  private static final long FIRST_CAPACITY = 32;

  /** A C function: ERANGE, with the count that it needs, when the array is too small for all. */
  interface Fill {
    int into(Pointer array, Pointer count);
  }

  /** A C function that frees what the structures point to. */
  interface Cleanup {
    void of(Pointer array, long count);
  }

  private StructList() {}

  /**
   * All elements.
   *
   * @param structBytes {@code sizeof} the structure
   * @param element reads one structure; its memory is gone afterwards
   */
  static <T> List<T> read(
      int structBytes, String action, Fill fill, Function<Pointer, T> element, Cleanup cleanup) {
    long capacity = FIRST_CAPACITY;
    while (true) {
      try (var array = new Memory(capacity * structBytes);
          var count = new Memory(Long.BYTES)) {
        array.clear();
        count.setLong(0, capacity);
        int result = fill.into(array, count);
        if (result != -Errno.ERANGE) {
          CephException.check(result, action);
          return take(array, count.getLong(0), structBytes, element, cleanup);
        }
        // Others may add some before the next try.
        capacity = Math.max(count.getLong(0), capacity) * 2;
      }
    }
  }

  private static <T> List<T> take(
      Memory array, long count, int structBytes, Function<Pointer, T> element, Cleanup cleanup) {
    try {
      return LongStream.range(0, count)
          .mapToObj(i -> element.apply(array.share(i * structBytes, structBytes)))
          .toList();
    } finally {
      cleanup.of(array, count);
    }
  }

  /** The text that a {@code char*} in a structure points to; empty for a null pointer. */
  static String text(Pointer struct, long offset) {
    Pointer text = struct.getPointer(offset);
    return text == null ? "" : text.getString(0, "UTF-8");
  }
}
