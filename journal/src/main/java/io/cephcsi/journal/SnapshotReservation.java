package io.cephcsi.journal;

/** The snapshot that a CSI name owns. */
public sealed interface SnapshotReservation {
  SnapshotEntry entry();

  /** Made just now; the image does not exist yet. */
  record Fresh(SnapshotEntry entry) implements SnapshotReservation {}

  /** Made by an earlier call, which may have stopped before it made the image. */
  record Found(SnapshotEntry entry) implements SnapshotReservation {}

  /** Made by an earlier call for another source: the same name, another wish. */
  record OtherSource(SnapshotEntry entry) implements SnapshotReservation {}
}
