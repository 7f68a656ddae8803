package io.cephcsi.ceph;

import com.sun.jna.Function;
import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Who has a block device for himself: a mounted filesystem, also one that is in no mount table any
 * more and is still written out, or one in another mount namespace; a mapping on top of it; a
 * program that asked for it. See open(2), {@code O_EXCL}.
 */
public final class DeviceClaim {
  private static final int O_EXCL = 0x80;
  private static final int O_CLOEXEC = 0x80000;
  private static final int EBUSY = 16;
  private static final NativeLibrary C = NativeLibrary.getInstance("c");

  private DeviceClaim() {}

  /**
   * Whether somebody has the device for himself. Opens it for reading, and closes it again, which
   * writes out what is left in the kernel: blocks as long as the device does.
   *
   * @throws IOException when it cannot be opened for another reason
   */
  public static boolean held(Path device) throws IOException {
    try {
      int file = function("open").invokeInt(new Object[] {device.toString(), O_EXCL | O_CLOEXEC});
      var _ = function("close").invokeInt(new Object[] {file});
      return false;
    } catch (LastErrorException e) {
      if (e.getErrorCode() == EBUSY) {
        return true;
      }
      throw new IOException("open " + device + ": " + e.getMessage(), e);
    }
  }

  private static Function function(String name) {
    return C.getFunction(name, Function.THROW_LAST_ERROR);
  }
}
