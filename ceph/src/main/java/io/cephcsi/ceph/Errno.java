package io.cephcsi.ceph;

/** The Linux errno values that Ceph answers with and that a caller may have to tell apart. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int EINVAL = 22;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int EDOM = 33;
  public static final int ERANGE = 34;
  public static final int ENOSYS = 38;
  public static final int ENOTEMPTY = 39;
  public static final int ENODATA = 61;
  public static final int EOVERFLOW = 75;
  public static final int EOPNOTSUPP = 95;
  public static final int ENOTCONN = 107;
  public static final int ESHUTDOWN = 108;
  public static final int ETIMEDOUT = 110;
  public static final int ESTALE = 116;
  public static final int EDQUOT = 122;
  public static final int ECANCELED = 125;

  private Errno() {}

  /** The errno in words and as a number, for messages: {@code no such file or directory (2)}. */
  static String describe(int errno) {
    String words =
        switch (errno) {
          case EPERM -> "operation not permitted";
          case ENOENT -> "not found";
          case EINTR -> "interrupted";
          case EIO -> "input/output error";
          case EAGAIN -> "try again";
          case ENOMEM -> "out of memory";
          case EACCES -> "permission denied";
          case EBUSY -> "busy";
          case EEXIST -> "exists already";
          case EINVAL -> "invalid argument";
          case ENOSPC -> "no space left";
          case EROFS -> "read-only";
          case EDOM -> "out of domain";
          case ERANGE -> "out of range";
          case ENOSYS -> "not implemented";
          case ENOTEMPTY -> "not empty";
          case ENODATA -> "no data available";
          case EOPNOTSUPP -> "not supported";
          case ENOTCONN -> "not connected";
          case ESHUTDOWN -> "shut down, this client may be blocklisted";
          case ETIMEDOUT -> "timed out";
          case ESTALE -> "changed meanwhile";
          case EDQUOT -> "quota exceeded";
          case ECANCELED -> "canceled";
          default -> "error";
        };
    return words + " (errno " + errno + ")";
  }
}
