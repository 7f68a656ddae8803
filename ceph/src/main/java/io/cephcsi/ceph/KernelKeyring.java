package io.cephcsi.ceph;

import com.sun.jna.Function;
import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import java.util.Base64;

/**
 * The kernel's keyring of this process, from which its RBD and CephFS clients can take a key by
 * name, so that the key itself stands in no mount option. See keyrings(7).
 */
public final class KernelKeyring {
  private static final int ADD_KEY_AMD64 = 248;
  private static final int ADD_KEY_ARM64 = 217;
  private static final int PROCESS_KEYRING = -2;

  private KernelKeyring() {}

  /**
   * Adds or replaces a key for the calling thread, which must be the one that maps or mounts: the
   * kernel gives the keyring of a process to threads only when they are made.
   *
   * @param name what the option {@code key=} will say
   * @param key base64, as in a keyring
   * @return false when this kernel or container does not allow it, or the key is no base64
   */
  public static boolean add(String name, String key) {
    byte[] plain;
    try {
      plain = Base64.getDecoder().decode(key);
    } catch (IllegalArgumentException e) {
      return false;
    }
    Function syscall =
        NativeLibrary.getInstance("c").getFunction("syscall", Function.THROW_LAST_ERROR);
    try (var payload = new Memory(Math.max(1, plain.length))) {
      payload.write(0, plain, 0, plain.length);
      Object[] arguments = {
        new NativeLong(number()),
        "ceph",
        name,
        payload,
        new NativeLong(plain.length),
        new NativeLong(PROCESS_KEYRING)
      };
      boolean added = syscall.invokeLong(arguments) > 0;
      payload.clear();
      return added;
    } catch (LastErrorException e) {
      return false;
    }
  }

  private static int number() {
    return System.getProperty("os.arch", "").equals("aarch64") ? ADD_KEY_ARM64 : ADD_KEY_AMD64;
  }
}
