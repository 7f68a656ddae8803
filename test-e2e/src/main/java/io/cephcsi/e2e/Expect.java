package io.cephcsi.e2e;

/** What has to hold where no test framework is: in a guest, and in the demo. */
final class Expect {
  private Expect() {}

  /**
   * Goes on when it holds.
   *
   * @throws IllegalStateException when it does not
   */
  static void that(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("does not hold: " + what);
    }
  }
}
