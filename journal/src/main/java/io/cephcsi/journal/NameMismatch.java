package io.cephcsi.journal;

/** The directory's entry of one name leads to the object of another; nothing was changed. */
public final class NameMismatch extends RuntimeException {
  NameMismatch(String name, String uuid, String stored) {
    super(
        "the journal's entry of %s leads to object csi.volume.%s, which belongs to %s: find out which of the two is right and remove the other's directory key"
            .formatted(name, uuid, stored));
  }
}
