package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;

/**
 * How Ceph writes values that its object classes take and answer with; all numbers little-endian.
 */
final class CephEncoding {
  /**
   * Where the fields of a structure begin: behind its version, the least version that reads it, and
   * its length.
   */
  static final int START = 6;

  private CephEncoding() {}

  /** A string: its length in 4 bytes, then itself. */
  static String text(ByteBuffer from) {
    byte[] bytes = new byte[from.getInt()];
    from.get(bytes);
    return new String(bytes, UTF_8);
  }

  /** As {@link #text} reads it. */
  static byte[] bytes(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return ByteBuffer.allocate(Integer.BYTES + bytes.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(bytes.length)
        .put(bytes)
        .array();
  }

  /** {@code utime_t}: seconds and nanoseconds. */
  static Instant time(ByteBuffer from) {
    return Instant.ofEpochSecond(Integer.toUnsignedLong(from.getInt()), from.getInt());
  }

  /** The fields of the structure that begins here; behind it is read on. */
  static ByteBuffer structure(ByteBuffer from) {
    from.position(from.position() + START - Integer.BYTES);
    int length = from.getInt();
    ByteBuffer fields = from.slice(from.position(), length).order(from.order());
    from.position(from.position() + length);
    return fields;
  }
}
