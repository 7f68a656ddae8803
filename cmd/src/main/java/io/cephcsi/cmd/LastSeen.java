package io.cephcsi.cmd;

import io.cephcsi.cluster.Looks;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * What was seen last of something that is looked at in the background, whenever somebody asks and a
 * second has passed. Who asks gets it fresh, or, when the look takes long, as it was before.
 */
final class LastSeen<T> implements Supplier<List<T>> {
  /** All values of one scrape come from one look. */
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private record Seen<T>(List<T> things, long nanos) {}

  private final Looks looks;
  private final String what;
  private final Supplier<List<T>> looking;
  private volatile Seen<T> seen = new Seen<>(List.of(), System.nanoTime() - FRESH_NANOS);
  private volatile long gaveUp = System.nanoTime() - FRESH_NANOS;

  LastSeen(Looks looks, String what, Supplier<List<T>> looking) {
    this.looks = looks;
    this.what = what;
    this.looking = looking;
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

  private static boolean isOld(long nanos) {
    return System.nanoTime() - nanos >= FRESH_NANOS;
  }

  private Boolean look() {
    seen = new Seen<>(looking.get(), System.nanoTime());
    return true;
  }
}
