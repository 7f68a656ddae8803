package io.cephcsi.journal;

/** The directory's entry of a name cannot be followed from here; nothing was changed. */
public final class UnusableEntry extends RuntimeException {
  private UnusableEntry(String message) {
    super(message);
  }

  static UnusableEntry inAnotherPool(String name, String value, long poolId) {
    return new UnusableEntry(
        "the journal's entry of %s is %s, so what it names is in the pool with id %d, not in the one asked for: use that pool, or remove the directory key if nothing of it is needed"
            .formatted(name, value, poolId));
  }

  static UnusableEntry unreadable(String name, String value) {
    return new UnusableEntry(
        "the journal's entry of %s is \"%s\", which is neither a uuid nor 16 hex digits, a slash and a uuid: repair it or remove the directory key"
            .formatted(name, value));
  }
}
