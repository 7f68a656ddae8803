package io.cephcsi.ceph;

import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.cephcsi.ceph.LibRbd.DiffCallback;
import io.cephcsi.ceph.LibRbd.ImagePointer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks librbd where an image has data. One callback serves all calls; the argument that C carries
 * along is a number, by which the list is found.
 */
final class Allocation {
  private static final ConcurrentHashMap<Long, Allocation> UNDER_WAY = new ConcurrentHashMap<>();
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** Kept here as long as C may call it, which is for ever. */
  private static final DiffCallback CALLBACK = Allocation::found;

  static {
    // As in Completions: the threads are librbd's own.
    Native.setCallbackThreadInitializer(
        CALLBACK, new CallbackThreadInitializer(true, false, "rbd-diff"));
  }

  private final List<Extent> extents = new ArrayList<>();

  /** Asks for what the image itself has in the stretch, as it is shown: 0 or a negative errno. */
  int ask(ImagePointer image, long offset, long length) {
    long number = NUMBERS.incrementAndGet();
    UNDER_WAY.put(number, this);
    try {
      return LibRbd.rbd_diff_iterate2(
          image,
          null,
          offset,
          length,
          (byte) 0,
          (byte) 0,
          CALLBACK,
          Pointer.createConstant(number));
    } finally {
      UNDER_WAY.remove(number);
    }
  }

  private static int found(long offset, long length, int exists, Pointer argument) {
    Allocation allocation = UNDER_WAY.get(Pointer.nativeValue(argument));
    if (allocation != null && exists != 0 && length > 0) {
      allocation.add(new Extent(offset, length));
    }
    return 0;
  }

  private synchronized void add(Extent extent) {
    extents.add(extent);
  }

  /** What was found, sorted; may be a little more than what was asked for. */
  synchronized Extents extents() {
    return new Extents(extents);
  }
}
