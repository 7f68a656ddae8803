package io.cephcsi.ceph;

import com.sun.jna.Function;
import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The kernel's nbd by generic netlink, for what rbd-nbd before Ceph 19 does not manage: a device
 * that was made with a cookie changes its size only for one who names the cookie. See netlink(7)
 * and include/uapi/linux/nbd-netlink.h.
 */
public final class KernelNbd {
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int NETLINK_GENERIC = 16;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final long PATIENCE_SECONDS = 10;

  private static final short NLM_F_REQUEST = 1;
  private static final short NLM_F_ACK = 4;
  private static final short NLMSG_ERROR = 2;
  private static final int HEADERS = 20; // nlmsghdr and genlmsghdr

  private static final short GENL_ID_CTRL = 16;
  private static final byte CTRL_CMD_GETFAMILY = 3;
  private static final short CTRL_ATTR_FAMILY_ID = 1;
  private static final short CTRL_ATTR_FAMILY_NAME = 2;

  private static final byte NBD_CMD_RECONFIGURE = 3;
  private static final short NBD_ATTR_INDEX = 1;
  private static final short NBD_ATTR_SIZE_BYTES = 2;
  private static final short NBD_ATTR_BACKEND_IDENTIFIER = 10;

  private static final int BUFFER = 8192;
  private static final NativeLibrary C = NativeLibrary.getInstance("c");

  private KernelNbd() {}

  /**
   * Sets a device's size.
   *
   * @param number 0 for {@code /dev/nbd0}
   * @param cookie that it was made with
   * @throws IOException when the kernel refuses; nbd's netlink is in the first network namespace
   *     alone
   */
  public static void resize(int number, String cookie, long bytes) throws IOException {
    try {
      int socket =
          function("socket")
              .invokeInt(new Object[] {AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_GENERIC});
      try {
        limitWaiting(socket);
        short family = family(ask(socket, familyRequest()));
        var _ = ask(socket, sizeRequest(family, number, cookie, bytes));
      } finally {
        var _ = function("close").invokeInt(new Object[] {socket});
      }
    } catch (LastErrorException e) {
      throw new IOException("netlink: " + e.getMessage(), e);
    }
  }

  private static void limitWaiting(int socket) {
    byte[] time = buffer(16).putLong(PATIENCE_SECONDS).putLong(0).array();
    var _ =
        function("setsockopt")
            .invokeInt(new Object[] {socket, SOL_SOCKET, SO_RCVTIMEO, time, time.length});
  }

  private static byte[] familyRequest() {
    ByteBuffer message = start(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, (byte) 1, (short) 0);
    attribute(message, CTRL_ATTR_FAMILY_NAME, text("nbd"));
    return finished(message);
  }

  private static byte[] sizeRequest(short family, int number, String cookie, long bytes) {
    ByteBuffer message = start(family, NBD_CMD_RECONFIGURE, (byte) 0, NLM_F_ACK);
    attribute(message, NBD_ATTR_INDEX, buffer(4).putInt(number).array());
    attribute(message, NBD_ATTR_SIZE_BYTES, buffer(8).putLong(bytes).array());
    attribute(message, NBD_ATTR_BACKEND_IDENTIFIER, text(cookie));
    return finished(message);
  }

  private static byte[] text(String text) {
    return (text + '\0').getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuffer start(short type, byte command, byte version, short flags) {
    ByteBuffer message = buffer(BUFFER);
    message.putInt(0); // the length, when it is known
    message.putShort(type).putShort((short) (NLM_F_REQUEST | flags)).putInt(1).putInt(0);
    return message.put(command).put(version).putShort((short) 0);
  }

  private static void attribute(ByteBuffer message, short type, byte[] value) {
    message.putShort((short) (4 + value.length)).putShort(type).put(value);
    message.position(aligned(message.position()));
  }

  private static byte[] finished(ByteBuffer message) {
    message.putInt(0, message.position());
    byte[] bytes = new byte[message.position()];
    message.get(0, bytes);
    return bytes;
  }

  /** Sends it and gives back the kernel's answer, or throws what it refuses with. */
  private static ByteBuffer ask(int socket, byte[] message) throws IOException {
    var _ = function("send").invokeInt(new Object[] {socket, message, message.length, 0});
    byte[] bytes = new byte[BUFFER];
    int length = function("recv").invokeInt(new Object[] {socket, bytes, bytes.length, 0});
    ByteBuffer answer = ByteBuffer.wrap(bytes, 0, length).order(ByteOrder.nativeOrder());
    if (answer.getShort(4) == NLMSG_ERROR && answer.getInt(16) != 0) {
      throw new IOException("netlink: the kernel refuses with errno " + -answer.getInt(16));
    }
    return answer;
  }

  private static short family(ByteBuffer answer) throws IOException {
    int at = HEADERS;
    while (at + 4 <= answer.limit()) {
      int length = Short.toUnsignedInt(answer.getShort(at));
      if (answer.getShort(at + 2) == CTRL_ATTR_FAMILY_ID) {
        return answer.getShort(at + 4);
      }
      at += aligned(Math.max(4, length));
    }
    throw new IOException("netlink: the kernel names no family for nbd");
  }

  private static int aligned(int length) {
    return (length + 3) & ~3;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  private static Function function(String name) {
    return C.getFunction(name, Function.THROW_LAST_ERROR);
  }
}
