package io.cephcsi.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;

/** Leaves out what needs a guest, with the reason, where none can run. */
final class GuestsOrNot {
  private GuestsOrNot() {}

  /** As the constructor of {@link Guests}. */
  static Guests start(Class<?> suite, String... options) throws Exception {
    Optional<String> trouble = Guests.trouble();
    trouble.ifPresent(why -> System.out.println("kernel guest left out: " + why));
    assumeTrue(trouble.isEmpty(), trouble.orElse(""));
    return new Guests(suite, options);
  }
}
