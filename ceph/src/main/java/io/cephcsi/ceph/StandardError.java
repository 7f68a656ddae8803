package io.cephcsi.ceph;

import com.sun.jna.Function;
import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLibrary;

/**
 * This process's standard error. Where that is a pipe, librados has it return at once instead of
 * waiting for room, and what does not fit is lost: lines of the log, and all that a command prints
 * into the same pipe ({@code 2>&1 | less}).
 */
final class StandardError {
  private static final int DESCRIPTOR = 2;
  private static final int GET_FLAGS = 3;
  private static final int SET_FLAGS = 4;
  private static final int RETURN_AT_ONCE = 0x800; // O_NONBLOCK

  private StandardError() {}

  /** Has it wait again; call it behind what makes a {@code CephContext}. See fcntl(2). */
  static void waitForRoom() {
    Function control =
        NativeLibrary.getInstance("c").getFunction("fcntl", Function.THROW_LAST_ERROR);
    try {
      int flags = control.invokeInt(new Object[] {DESCRIPTOR, GET_FLAGS, 0});
      if ((flags & RETURN_AT_ONCE) != 0) {
        var _ = control.invokeInt(new Object[] {DESCRIPTOR, SET_FLAGS, flags & ~RETURN_AT_ONCE});
      }
    } catch (LastErrorException e) {
      // it is closed
    }
  }
}
