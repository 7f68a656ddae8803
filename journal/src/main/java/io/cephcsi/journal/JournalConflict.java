package io.cephcsi.journal;

/**
 * What the journal says of a name contradicts itself, or leads elsewhere; nothing was changed. The
 * message says what a person has to do.
 */
public final class JournalConflict extends RuntimeException {
  JournalConflict(String message) {
    super(message);
  }
}
