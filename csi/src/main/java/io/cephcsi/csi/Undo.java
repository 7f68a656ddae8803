package io.cephcsi.csi;

/** Taking back what a failed call has made. */
public final class Undo {
  private Undo() {}

  /**
   * Runs the undo and gives back the failure to throw; trouble in the undo is kept as suppressed,
   * so that the first failure is the one that is told.
   */
  public static <T extends RuntimeException> T after(T failure, Runnable undo) {
    try {
      undo.run();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
    return failure;
  }
}
