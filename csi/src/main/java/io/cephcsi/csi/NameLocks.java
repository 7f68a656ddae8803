package io.cephcsi.csi;

import com.google.errorprone.annotations.MustBeClosed;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Names and ids that running calls hold, so that no two calls work on the same one. */
public final class NameLocks {
  private final Set<String> held = ConcurrentHashMap.newKeySet();

  /** A held name; closing it lets the next call have it. */
  public interface Hold extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Holds a name until the answer is closed; never waits.
   *
   * @throws CsiException.Aborted when another call holds it
   */
  @MustBeClosed
  public Hold hold(String name) {
    if (!held.add(name)) {
      throw new CsiException.Aborted(
          "an operation on " + name + " is still running in this driver, ask again");
    }
    return () -> held.remove(name);
  }
}
