package io.cephcsi.ceph;

import com.sun.jna.CallbackThreadInitializer;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.cephcsi.ceph.LibRados.Completed;
import io.cephcsi.ceph.LibRados.CompletionPointer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;

/**
 * Turns librados' completions into futures. One callback serves all operations; the argument that C
 * carries along is a number, by which the future is found.
 */
final class Completions {
  private static final ConcurrentHashMap<Long, CompletableFuture<Integer>> PENDING =
      new ConcurrentHashMap<>();
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** What follows a future must not run on librados' own thread, where a second call deadlocks. */
  private static final Executor FOLLOWERS =
      task -> Thread.ofVirtual().name("rados-completion").start(task);

  /** Kept here as long as C may call it, which is for ever. */
  private static final Completed CALLBACK = Completions::completed;

  static {
    // Without this JNA attaches and detaches the thread at each call, three times the cost.
    Native.setCallbackThreadInitializer(
        CALLBACK, new CallbackThreadInitializer(true, false, "rados-finisher"));
  }

  private Completions() {}

  /**
   * Starts an asynchronous operation.
   *
   * @param operation hands the completion to librados; 0 or a negative errno
   * @return gets the operation's result, 0 or more, or a negative errno
   */
  static CompletableFuture<Integer> start(ToIntFunction<CompletionPointer> operation) {
    long number = NUMBERS.incrementAndGet();
    var future = new CompletableFuture<Integer>();
    PENDING.put(number, future);
    CompletionPointer completion = create(number);
    int result = operation.applyAsInt(completion);
    if (result < 0) {
      PENDING.remove(number);
      LibRados.rados_aio_release(completion);
      future.complete(result);
    }
    return future;
  }

  private static CompletionPointer create(long number) {
    try (var out = new Memory(Native.POINTER_SIZE)) {
      LibRados.rados_aio_create_completion2(Pointer.createConstant(number), CALLBACK, out);
      return new CompletionPointer(out.getPointer(0));
    }
  }

  private static void completed(Pointer pointer, Pointer argument) {
    var completion = new CompletionPointer(pointer);
    int result = LibRados.rados_aio_get_return_value(completion);
    LibRados.rados_aio_release(completion);
    CompletableFuture<Integer> future = PENDING.remove(Pointer.nativeValue(argument));
    if (future != null) {
      future.completeAsync(() -> result, FOLLOWERS);
    }
  }
}
