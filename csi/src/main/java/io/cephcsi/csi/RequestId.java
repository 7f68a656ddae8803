package io.cephcsi.csi;

/** The number of the call that the current thread works for, for logs. */
public final class RequestId {
  private RequestId() {}

  /** The number; 0 outside a call. */
  public static long current() {
    return CallProgress.CURRENT.isBound() ? CallProgress.CURRENT.get().number() : 0;
  }
}
