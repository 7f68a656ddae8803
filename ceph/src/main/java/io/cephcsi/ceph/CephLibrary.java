package io.cephcsi.ceph;

import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Loads Ceph's shared libraries, with UTF-8 for all strings. */
final class CephLibrary {
  private static final long STACK_BYTES = 8L << 20;

  private CephLibrary() {}

  /**
   * Loads a library by its file name with the ABI's number, which is there without the development
   * package. On a thread with a large stack: an initializer in libceph-common needs about 1 MiB of
   * it, which is all that an ordinary Java thread has.
   */
  static NativeLibrary load(String file) {
    return CompletableFuture.supplyAsync(() -> open(file), CephLibrary::runOnLargeStack).join();
  }

  private static NativeLibrary open(String file) {
    return NativeLibrary.getInstance(file, Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));
  }

  private static void runOnLargeStack(Runnable task) {
    Thread.ofPlatform().name("load-ceph").daemon().stackSize(STACK_BYTES).start(task);
  }
}
