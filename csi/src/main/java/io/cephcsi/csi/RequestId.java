package io.cephcsi.csi;

/** The number of the call that the current thread works for; bound around each call, for logs. */
public final class RequestId {
  static final ScopedValue<Long> CURRENT = ScopedValue.newInstance();

  private RequestId() {}

  /** The number; 0 outside a call. */
  public static long current() {
    return CURRENT.orElse(0L);
  }
}
