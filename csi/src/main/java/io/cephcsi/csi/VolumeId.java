package io.cephcsi.csi;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The id of a volume, snapshot or group that a driver gave out: where it is, and the UUID under
 * which the journal keeps it. As text: {@code 0001-<length of
 * clusterId>-<clusterId>-<location>-<uuid>}, numbers in lower-case hex of 4, 4 and 16 digits.
 *
 * @param clusterId the cluster's id in config.json, at most 64 bytes
 * @param location RBD: the id of the image's pool; CephFS: the filesystem's id
 * @param uuid 36 characters
 */
public record VolumeId(String clusterId, long location, String uuid) {
  private static final int UUID_LENGTH = 36;
  private static final int FIXED_LENGTH = 64;
  private static final int LONGEST = 128;

  public VolumeId {
    if (uuid.length() != UUID_LENGTH) {
      throw new IllegalArgumentException("uuid " + uuid + " has not 36 characters");
    }
    if (FIXED_LENGTH + bytes(clusterId) > LONGEST) {
      throw new CsiException.InvalidArgument(
          "clusterID "
              + clusterId
              + " is longer than 64 bytes, so no volume id fits the 128 bytes that CSI allows: take a shorter one in config.json and the class");
    }
  }

  /**
   * Reads an id that any ceph-csi compatible driver wrote; empty when the text cannot be one. The
   * separators and the version's value are not looked at, as ceph-csi does not; a UUID with a
   * character that no UUID has (a slash, say) is refused, since it becomes part of object names.
   */
  public static Optional<VolumeId> of(String text) {
    byte[] id = text.getBytes(StandardCharsets.UTF_8);
    if (id.length < FIXED_LENGTH || id.length > LONGEST) {
      return Optional.empty();
    }
    try {
      hex(id, 0, 4);
      int length = (int) hex(id, 5, 4);
      int location = 10 + length + 1;
      int uuid = location + 16 + 1;
      if (uuid + UUID_LENGTH != id.length) {
        return Optional.empty();
      }
      String clusterId = new String(id, 10, length, StandardCharsets.UTF_8);
      if (bytes(clusterId) != length) {
        return Optional.empty(); // ends amid a character
      }
      String uuidText = new String(id, uuid, UUID_LENGTH, StandardCharsets.UTF_8);
      return uuidText.matches("[0-9a-zA-Z-]{36}")
          ? Optional.of(new VolumeId(clusterId, hex(id, location, 16), uuidText))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The id as CSI carries it. */
  public String text() {
    return "0001-%04x-%s-%016x-%s".formatted(bytes(clusterId), clusterId, location, uuid);
  }

  private static long hex(byte[] id, int from, int digits) {
    String text = new String(id, from, digits, StandardCharsets.US_ASCII);
    return text.chars().allMatch(HexFormat::isHexDigit)
        ? Long.parseUnsignedLong(text, 16)
        : notHex(text);
  }

  private static long notHex(String text) {
    throw new NumberFormatException(text);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
