package io.cephcsi.ceph;

import com.sun.jna.Memory;
import io.cephcsi.ceph.LibRados.ReadOperationPointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Where a class method's reply goes when the read operation is carried out. */
final class ClassReply implements AutoCloseable {
  private static final int USED = 0;
  private static final int RESULT = 8;
  private static final int DATA = 16;

  private final Memory memory;
  private final int bytes;

  ClassReply(int bytes) {
    this.bytes = bytes;
    memory = new Memory(DATA + (long) bytes);
    memory.clear();
  }

  void of(ReadOperationPointer operation, String method, byte[] input) {
    LibRados.rados_read_op_exec_user_buf(
        operation,
        "rbd",
        method,
        input,
        input.length,
        memory.share(DATA),
        bytes,
        memory.share(USED),
        memory.share(RESULT));
  }

  /** Whether there is what was asked for. */
  boolean isThere() {
    return memory.getInt(RESULT) != -Errno.ENOENT;
  }

  ByteBuffer bytes() {
    CephException.check(memory.getInt(RESULT), "read image header");
    return memory.getByteBuffer(DATA, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  long number(int offset) {
    CephException.check(memory.getInt(RESULT), "read image header");
    return memory.getLong(DATA + (long) offset);
  }

  @Override
  public void close() {
    memory.close();
  }
}
