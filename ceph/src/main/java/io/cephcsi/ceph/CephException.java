package io.cephcsi.ceph;

import com.google.errorprone.annotations.CanIgnoreReturnValue;

/**
 * A call into Ceph returned a negative errno. What the errno means is for the caller to say: {@code
 * ENOENT} from opening a volume's image is an answer in one place and an error in another.
 */
public final class CephException extends RuntimeException {
  /** Who answered; each has caps of its own by which it refuses. */
  public enum Daemon {
    /** The monitors. */
    MON("mon caps"),
    /** The manager. */
    MGR("mgr caps"),
    /** The OSDs. */
    OSD("osd caps"),
    /** The metadata servers. */
    MDS("mds caps"),
    /** Not known, or nobody. */
    UNKNOWN("caps");

    private final String caps;

    Daemon(String caps) {
      this.caps = caps;
    }

    /** As {@code ceph auth get} calls what a user may do there. */
    public String caps() {
      return caps;
    }
  }

  private final int errno;
  private final Daemon daemon;

  /**
   * Makes the exception for one failed call.
   *
   * @param errno the positive errno, one of {@link Errno}'s or any other
   * @param action what was tried, in a few lower-case words with the values in question: {@code
   *     open pool replicapool}
   */
  public CephException(int errno, String action) {
    this(errno, action, Daemon.UNKNOWN);
  }

  /** As the other one, when it is known who answered. */
  public CephException(int errno, String action, Daemon daemon) {
    super(action + ": " + Errno.describe(errno));
    this.errno = errno;
    this.daemon = daemon;
  }

  /**
   * The one place where results of C become exceptions.
   *
   * @param result of a C function: 0 or more, or a negative errno
   * @return the result when it is not negative
   */
  @CanIgnoreReturnValue
  static int check(int result, String action) {
    return check(result, action, Daemon.UNKNOWN);
  }

  /** As the other one, when it is known who answers. */
  @CanIgnoreReturnValue
  static int check(int result, String action, Daemon daemon) {
    if (result < 0) {
      throw new CephException(-result, action, daemon);
    }
    return result;
  }

  /** The errno, positive. */
  public int errno() {
    return errno;
  }

  /** Who answered. */
  public Daemon daemon() {
    return daemon;
  }

  /** Whether the cluster refuses the user. */
  public boolean denied() {
    return errno == Errno.EPERM || errno == Errno.EACCES;
  }

  /** Whether it may have been done, or may yet be: no answer came, or not from this client. */
  public boolean leavesDoubt() {
    return errno == Errno.ETIMEDOUT || errno == Errno.ENOTCONN || errno == Errno.ESHUTDOWN;
  }
}
