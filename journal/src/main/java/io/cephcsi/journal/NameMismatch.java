package io.cephcsi.journal;

/** The directory's entry of one name leads to the object of another; nothing was changed. */
public final class NameMismatch extends RuntimeException {
  NameMismatch(String name, String object, String stored) {
    super(
        "the journal's entry of %s leads to object %s, which belongs to %s: find out which of the two is right and remove the other's directory key"
            .formatted(name, object, stored));
  }
}
