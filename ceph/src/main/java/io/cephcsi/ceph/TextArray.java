package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.Collection;
import java.util.List;

/**
 * Texts as C takes them: an array of pointers and one of lengths in bytes, all in one piece of
 * memory. A text may contain NUL.
 */
final class TextArray implements AutoCloseable {
  private final Memory memory;
  private final int size;

  TextArray(Collection<String> texts) {
    List<byte[]> encoded = texts.stream().map(t -> t.getBytes(UTF_8)).toList();
    size = encoded.size();
    long offset = 2L * size * Native.POINTER_SIZE;
    long total = offset + encoded.stream().mapToLong(b -> b.length).sum();
    memory = new Memory(Math.max(total, 1));
    for (int i = 0; i < size; i++) {
      byte[] bytes = encoded.get(i);
      memory.setPointer((long) i * Native.POINTER_SIZE, Pointer.createConstant(address(offset)));
      memory.setLong((long) (size + i) * Native.POINTER_SIZE, bytes.length);
      memory.write(offset, bytes, 0, bytes.length);
      offset += bytes.length;
    }
  }

  private long address(long offset) {
    return Pointer.nativeValue(memory) + offset;
  }

  int size() {
    return size;
  }

  /** {@code char const* const*}. */
  Pointer pointers() {
    return memory;
  }

  /** {@code const size_t*}. */
  Pointer lengths() {
    return size == 0 ? memory : memory.share((long) size * Native.POINTER_SIZE);
  }

  @Override
  public void close() {
    memory.close();
  }
}
