package io.cephcsi.ceph;

import com.google.errorprone.annotations.CanIgnoreReturnValue;

/**
 * A call into Ceph returned a negative errno. What the errno means is for the caller to say: {@code
 * ENOENT} from opening a volume's image is an answer in one place and an error in another.
 */
public final class CephException extends RuntimeException {
  private final int errno;

  /**
   * Makes the exception for one failed call.
   *
   * @param errno the positive errno, one of {@link Errno}'s or any other
   * @param action what was tried, in a few lower-case words with the values in question: {@code
   *     open pool replicapool}
   */
  public CephException(int errno, String action) {
    super(action + ": " + Errno.describe(errno));
    this.errno = errno;
  }

  /**
   * The one place where results of C become exceptions.
   *
   * @param result of a C function: 0 or more, or a negative errno
   * @return the result when it is not negative
   */
  @CanIgnoreReturnValue
  static int check(int result, String action) {
    if (result < 0) {
      throw new CephException(-result, action);
    }
    return result;
  }

  /** The errno, positive. */
  public int errno() {
    return errno;
  }

  /** Whether it may have been done, or may yet be: no answer came, or not from this client. */
  public boolean leavesDoubt() {
    return errno == Errno.ETIMEDOUT || errno == Errno.ENOTCONN || errno == Errno.ESHUTDOWN;
  }
}
