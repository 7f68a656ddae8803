package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.cephcsi.ceph.LibRados.ClusterPointer;
import org.jspecify.annotations.Nullable;

/** A command to the monitors or the manager, in JSON. */
final class Command {
  private static final int COMMANDS = 0;
  private static final int OUTPUT = 8;
  private static final int OUTPUT_LENGTH = 16;
  private static final int STATUS = 24;
  private static final int STATUS_LENGTH = 32;
  private static final int TEXT = 40;

  /** {@code rados_mon_command} or one of its like. */
  interface Function {
    int call(
        ClusterPointer cluster,
        Pointer commands,
        long commandCount,
        @Nullable Pointer input,
        long inputLength,
        Pointer output,
        Pointer outputLength,
        Pointer status,
        Pointer statusLength);
  }

  private Command() {}

  /**
   * Sends it and waits.
   *
   * @param daemon who is sent it by that function
   * @return the answer's body
   * @throws CephException with what the cluster says of it
   */
  static String send(
      Function function, CephException.Daemon daemon, ClusterPointer cluster, String json) {
    byte[] text = json.getBytes(UTF_8);
    try (var memory = new Memory(TEXT + text.length + 1L)) {
      memory.clear();
      memory.write(TEXT, text, 0, text.length);
      memory.setPointer(COMMANDS, Pointer.createConstant(Pointer.nativeValue(memory) + TEXT));
      int result =
          function.call(
              cluster,
              memory,
              1,
              null,
              0,
              memory.share(OUTPUT),
              memory.share(OUTPUT_LENGTH),
              memory.share(STATUS),
              memory.share(STATUS_LENGTH));
      String output = take(memory, OUTPUT, OUTPUT_LENGTH);
      String status = take(memory, STATUS, STATUS_LENGTH);
      CephException.check(
          result, status.isEmpty() ? "command " + json : json + ": " + status, daemon);
      return output;
    }
  }

  private static String take(Memory memory, int at, int lengthAt) {
    Pointer buffer = memory.getPointer(at);
    if (buffer == null) {
      return "";
    }
    try {
      return new String(buffer.getByteArray(0, (int) memory.getLong(lengthAt)), UTF_8);
    } finally {
      LibRados.rados_buffer_free(buffer);
    }
  }
}
