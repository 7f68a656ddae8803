package io.cephcsi.ceph;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Something opened on a {@link MemoryCluster}: noted while open, and refuses use when closed. */
abstract class MemoryHandle implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Set<MemoryHandle> open;
  private final String name;

  MemoryHandle(Set<MemoryHandle> open, String name) {
    this.open = open;
    this.name = name;
    open.add(this);
  }

  /**
   * Throws when some stay open. A thread for which nobody waits any more, of a look, closes what it
   * has a moment after the call has answered.
   *
   * @param patience how long that moment may be
   */
  static void requireNoneOf(Set<MemoryHandle> open, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (!open.isEmpty()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("still open: " + open);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  final Set<MemoryHandle> open() {
    return open;
  }

  final void requireOpen() {
    if (!open.contains(this)) {
      throw new IllegalStateException(name + " is closed");
    }
  }

  @Override
  public final void close() {
    if (open.remove(this)) {
      closed();
    }
  }

  /** Called once, by the first close. */
  void closed() {}

  @Override
  public final String toString() {
    return name;
  }
}
