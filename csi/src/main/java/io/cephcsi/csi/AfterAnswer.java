package io.cephcsi.csi;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a call still does when its caller has been answered already: work that the caller need not
 * wait for, since whoever needs its result finds it missing and does it again. A crash may lose it.
 */
public final class AfterAnswer {
  static final ScopedValue<AfterAnswer> CURRENT = ScopedValue.newInstance();

  private static final System.Logger LOG = System.getLogger("cephcsi");

  private final Deque<Runnable> works = new ArrayDeque<>();

  AfterAnswer() {}

  /**
   * Puts the work off until the current call is answered, on the same thread; at once where there
   * is no call. It opens itself what it needs: what the call has opened is closed by then.
   */
  public static void run(Runnable work) {
    if (CURRENT.isBound()) {
      CURRENT.get().works.add(work);
    } else {
      work.run();
    }
  }

  /** Does it all; a failure is logged, nobody else is there to hear of it. */
  void run() {
    for (Runnable work = works.poll(); work != null; work = works.poll()) {
      try {
        work.run();
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.WARNING, "after the answer: " + e.getMessage(), e);
      }
    }
  }
}
