package io.cephcsi.cluster;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One look of {@link Looks}, which may go on when the one who asked has stopped waiting. */
public final class Look<T> {
  private final CompletableFuture<T> outcome = new CompletableFuture<>();
  private final Instant silentSince;

  /**
   * @param silentSince when the first of the looks that had no answer, one behind the other, began
   */
  Look(Instant silentSince) {
    this.silentSince = silentSince;
  }

  /**
   * What was seen; empty when there is no answer until then.
   *
   * @param untilNanos of {@link System#nanoTime}
   * @throws RuntimeException what the looking threw, but for Ceph's own "timed out"
   */
  public Optional<T> await(long untilNanos) {
    try {
      long left = Math.max(0, untilNanos - System.nanoTime());
      return Optional.of(outcome.get(left, TimeUnit.NANOSECONDS));
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } catch (ExecutionException e) {
      if (silence(e.getCause())) {
        return Optional.empty();
      }
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }

  /** Whether that tells no more than that nobody answered. */
  static boolean silence(@Nullable Throwable failure) {
    return failure instanceof CephException e && e.errno() == Errno.ETIMEDOUT;
  }

  /** Since when there is no answer, to the second. */
  public Instant silentSince() {
    return silentSince.truncatedTo(ChronoUnit.SECONDS);
  }

  CompletableFuture<T> outcome() {
    return outcome;
  }
}
