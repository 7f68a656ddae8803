package io.cephcsi.journal;

/**
 * What the journal says of a name contradicts itself, or leads elsewhere; nothing was changed. The
 * message says what a person has to do.
 */
public final class JournalConflict extends RuntimeException {
  private JournalConflict(String message) {
    super(message);
  }

  static JournalConflict otherOwner(String name, String object, String owner) {
    return new JournalConflict(
        "the journal's entry of %s leads to object %s, which belongs to %s: find out which of the two is right, and remove the other's directory key"
            .formatted(name, object, owner));
  }

  static JournalConflict otherPool(String name, String value, long poolId) {
    return new JournalConflict(
        "the journal's entry of %s is %s, so what it owns is in the pool with id %d: ask for it there"
            .formatted(name, value, poolId));
  }

  static JournalConflict brokenReferences(String object, String how) {
    return new JournalConflict(
        "object %s cannot be used, %s: see which volumes show the snapshot, then repair or remove it"
            .formatted(object, how));
  }

  static JournalConflict unreadable(String name, String value) {
    return new JournalConflict(
        "the journal's entry of %s is \"%s\", which is neither a uuid nor 16 hex digits, a slash and a uuid: repair it or remove the directory key"
            .formatted(name, value));
  }
}
