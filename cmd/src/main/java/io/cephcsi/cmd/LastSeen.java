package io.cephcsi.cmd;

import io.cephcsi.cluster.Looks;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * What was seen last of something that is looked at in the background, when somebody asks and some
 * time has passed. Who asks gets it fresh, or, when the look takes long, as it was before.
 */
final class LastSeen<T> implements Supplier<List<T>> {
  private record Seen<T>(List<T> things, long nanos) {}

  private final Looks looks;
  private final String what;
  private final Supplier<List<T>> looking;
  private final long freshNanos;
  private volatile Seen<T> seen;
  private volatile long gaveUp;

  /**
   * @param fresh how long what was seen is as good as new
   */
  LastSeen(Looks looks, String what, Duration fresh, Supplier<List<T>> looking) {
    this.looks = looks;
    this.what = what;
    this.looking = looking;
    this.freshNanos = fresh.toNanos();
    this.gaveUp = System.nanoTime() - freshNanos;
    this.seen = new Seen<>(List.of(), gaveUp);
  }

  @Override
  public List<T> get() {
    if (isOld(seen.nanos()) && isOld(gaveUp)) {
      long until = looks.deadline();
      if (looks.begin("metrics " + what, what, this::look, until).await(until).isEmpty()) {
        gaveUp = System.nanoTime(); // one value of a scrape waits, the others need not
      }
    }
    return seen.things();
  }

  private boolean isOld(long nanos) {
    return System.nanoTime() - nanos >= freshNanos;
  }

  private Boolean look() {
    seen = new Seen<>(looking.get(), System.nanoTime());
    return true;
  }
}
