package io.cephcsi.journal;

import io.cephcsi.ceph.OmapStore;
import java.util.Optional;

/**
 * Which call makes what a reservation is for, an image or a subvolume or a snapshot: the one that
 * made the reservation, or the one that took it over last. So of two processes that are at it only
 * one can finish or undo it.
 */
public sealed interface Makers permits VolumeJournal, SnapshotJournal {
  /**
   * Lets a call go on with a reservation that another call made, and may still be at.
   *
   * @return the maker from now on; empty when it was finished, is being undone, or another process
   *     took it over just now
   */
  Optional<String> takeOver(OmapStore objects, String uuid);

  /**
   * Whether it is still this maker's to finish.
   *
   * @param maker empty for the call that made the reservation
   */
  boolean makes(OmapStore objects, String uuid, String maker);

  /**
   * Notes that a reservation is to be undone, so that nobody takes it over.
   *
   * @return false when it is not this maker's any more: then nothing of it may be touched
   */
  boolean giveUp(OmapStore objects, String uuid, String maker);

  /**
   * Whether nobody goes on with a reservation any more: nothing is known of it, or it was given up
   * before it was whole.
   */
  boolean isGone(OmapStore objects, String uuid);
}
