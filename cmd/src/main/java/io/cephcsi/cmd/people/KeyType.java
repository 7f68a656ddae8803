package io.cephcsi.cmd.people;

import io.cephcsi.csi.host.KernelVersion;
import java.util.Base64;

/** What a Ceph key is made for, as its first two bytes tell. */
enum KeyType {
  AES,
  AES256K,
  UNKNOWN,
  NO_KEY;

  /** Of a key in base64, which is told to nobody. */
  static KeyType of(String key) {
    try {
      byte[] bytes = Base64.getDecoder().decode(key);
      if (bytes.length < 12) { // type, time and length stand before the key itself
        return NO_KEY;
      }
      return switch (bytes[0] + 256 * bytes[1]) {
        case 1 -> AES;
        case 2 -> AES256K;
        default -> UNKNOWN;
      };
    } catch (IllegalArgumentException e) {
      return NO_KEY;
    }
  }

  /** Whether clients of this age take it. */
  Check check(String user, KernelVersion kernel) {
    String subject = "key of " + user;
    return switch (this) {
      case AES -> Check.ok(subject, "of type aes, which all clients take");
      case AES256K ->
          kernel.atLeast(7, 0)
              ? Check.ok(subject, "of type aes256k, which this kernel takes")
              : Check.note(
                  subject,
                  "of type aes256k, which kernels before 7.0 and Ceph before 19.2.6 do not take",
                  "a user with a key of type aes for nodes that map or mount by the kernel");
      case UNKNOWN ->
          Check.note(subject, "of a type that is not known here", "see ceph auth get " + user);
      case NO_KEY ->
          Check.problem(
              subject, "is no key of Ceph", "put what ceph auth get-key " + user + " tells there");
    };
  }
}
