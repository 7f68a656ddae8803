package io.cephcsi.ceph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/**
 * Who connects to a cluster. The key stays in memory and never shows in {@link #toString}.
 *
 * @param user the user's id without {@code client.}, for instance {@code admin}
 * @param key the user's key, base64 as in a keyring
 */
public record Credentials(String user, String key) {
  /** The kind of key (2 bytes), when it was made (8), and how long it is (2). */
  private static final int HEADER_BYTES = 12;

  private static final int LENGTH_AT = 10;

  /** Whether the key has the form that all of Ceph's have, of whatever kind and whoever's it is. */
  boolean keyIsWhole() {
    try {
      var bytes = ByteBuffer.wrap(Base64.getDecoder().decode(key)).order(ByteOrder.LITTLE_ENDIAN);
      return bytes.limit() > HEADER_BYTES
          && bytes.limit() == HEADER_BYTES + Short.toUnsignedInt(bytes.getShort(LENGTH_AT));
    } catch (IllegalArgumentException e) {
      return false; // no base64
    }
  }

  @Override
  public String toString() {
    return "client." + user;
  }
}
