package io.cephcsi.csi;

import com.google.errorprone.annotations.MustBeClosed;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Names and ids that running calls hold, so that no call works on what another one changes. Many
 * calls may share a name that they only read, for instance the volume that they clone.
 */
public final class NameLocks {
  private static final int EXCLUSIVE = -1;

  /** How many share each name, or {@link #EXCLUSIVE}. */
  private final ConcurrentHashMap<String, Integer> held = new ConcurrentHashMap<>();

  /** A held name; closing it lets the next call have it. */
  public interface Hold extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Holds a name alone until the answer is closed; never waits.
   *
   * @throws CsiException.Aborted when another call holds or shares it
   */
  @MustBeClosed
  public Hold hold(String name) {
    if (held.putIfAbsent(name, EXCLUSIVE) != null) {
      throw busy(name);
    }
    return () -> held.remove(name);
  }

  /**
   * Holds a name together with others who share it, until the answer is closed; never waits.
   *
   * @throws CsiException.Aborted when another call holds it alone
   */
  @MustBeClosed
  public Hold share(String name) {
    int sharers = held.compute(name, (_, n) -> n == null ? 1 : n == EXCLUSIVE ? n : n + 1);
    if (sharers == EXCLUSIVE) {
      throw busy(name);
    }
    return () -> held.computeIfPresent(name, (_, n) -> n == 1 ? null : n - 1);
  }

  private static CsiException.Aborted busy(String name) {
    return new CsiException.Aborted(
        "an operation on " + name + " is still running in this driver, ask again");
  }
}
