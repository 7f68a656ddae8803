package io.cephcsi.journal;

/** The image that a CSI name owns. */
public sealed interface Reservation {
  VolumeEntry entry();

  /** Made just now; the image does not exist yet. */
  record Fresh(VolumeEntry entry) implements Reservation {}

  /** Made by an earlier call, which may have stopped before it made the image. */
  record Found(VolumeEntry entry) implements Reservation {}
}
