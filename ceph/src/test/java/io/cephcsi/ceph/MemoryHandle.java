package io.cephcsi.ceph;

import java.util.Set;

/** Something opened on a {@link MemoryCluster}: noted while open, and refuses use when closed. */
abstract class MemoryHandle implements AutoCloseable {
  private final Set<MemoryHandle> open;
  private final String name;

  MemoryHandle(Set<MemoryHandle> open, String name) {
    this.open = open;
    this.name = name;
    open.add(this);
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
