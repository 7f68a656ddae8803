package io.cephcsi.rbd.controller;

import io.cephcsi.rbd.Volume;
import java.time.Instant;

/** Which moment of its volume a snapshot shows. */
interface Moment {
  /** That of the call itself. */
  Moment NOW = (_, _, cutAt) -> cutAt;

  /**
   * Brings the copy of a volume, just cut, to the moment; nobody else uses the copy yet.
   *
   * @param copy the copy's image, in the volume's pool
   * @param cutAt when it was cut
   * @return the moment
   */
  Instant settle(Volume source, String copy, Instant cutAt);
}
