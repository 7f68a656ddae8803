package io.cephcsi.ceph;

import com.sun.jna.PointerType;
import org.jspecify.annotations.Nullable;

/**
 * Owns one native object: whoever opens it closes it, in the same block. Closing twice does
 * nothing; using a closed handle throws instead of crashing the JVM.
 */
abstract class NativeHandle<T extends PointerType> implements AutoCloseable {
  private @Nullable T pointer;

  NativeHandle(T pointer) {
    this.pointer = pointer;
  }

  /**
   * The native object.
   *
   * @throws IllegalStateException when it is closed
   */
  final T pointer() {
    T open = pointer;
    if (open == null) {
      throw new IllegalStateException(getClass().getSimpleName() + " is closed");
    }
    return open;
  }

  @Override
  public final void close() {
    T open = pointer;
    pointer = null;
    if (open != null) {
      release(open);
    }
  }

  /** Gives the native object back; called once. */
  abstract void release(T open);
}
