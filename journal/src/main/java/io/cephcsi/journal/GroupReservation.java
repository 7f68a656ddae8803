package io.cephcsi.journal;

/** The group that a CSI name owns. */
public sealed interface GroupReservation {
  GroupEntry entry();

  /** Made just now; the group does not exist yet and has no members. */
  record Fresh(GroupEntry entry) implements GroupReservation {}

  /** Made by an earlier call, which may have stopped before it made the group. */
  record Found(GroupEntry entry) implements GroupReservation {}
}
