package io.cephcsi.e2e;

/** Work to be done when the JVM ends, also by a signal, unless it was done before. */
public final class AtExit implements AutoCloseable {
  private final Thread hook;

  public AtExit(Runnable work) {
    hook = new Thread(work, "at-exit");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Forgets the work. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM ends just now, and the work may be what closes this.
      return;
    }
  }
}
