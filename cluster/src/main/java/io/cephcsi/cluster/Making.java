package io.cephcsi.cluster;

import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import io.cephcsi.journal.Makers;

/**
 * What this call makes for a reservation; another process may take it over meanwhile.
 *
 * @param kind what is made: image, subvolume, snapshot
 * @param name its name in Ceph
 * @param maker by which the journal knows this call; empty for the one that made the reservation
 */
public record Making(Makers makers, String uuid, String kind, String name, String maker) {
  /** By the call that made the reservation. */
  public static Making begun(Makers makers, String uuid, String kind, String name) {
    return new Making(makers, uuid, kind, name, "");
  }

  /**
   * By a call that found a reservation of what is not whole. What is there is to be looked at after
   * this: before, the other call may still have changed it.
   *
   * @throws CsiException.Aborted when another one has just done something with it
   */
  public static Making takenOver(Makers makers, Pool pool, String uuid, String kind, String name) {
    return makers
        .takeOver(pool, uuid)
        .map(maker -> new Making(makers, uuid, kind, name, maker))
        .orElseThrow(() -> elsewhere(kind, name));
  }

  /**
   * Whether nothing of it was there before this call: then nothing stays after a failure; else a
   * call that comes later may still go on with it.
   */
  public boolean fresh() {
    return maker.isEmpty();
  }

  /** Refuses to go on when another process has taken over. */
  public void requireOurs(Pool pool) {
    if (!makers.makes(pool, uuid, maker)) {
      throw elsewhere();
    }
  }

  /**
   * Takes it back after a failure; trouble with that is added to the failure.
   *
   * @return false when another process has taken over: then nothing is taken back
   */
  public boolean undo(Pool pool, RuntimeException failure, Runnable work) {
    try {
      if (!makers.giveUp(pool, uuid, maker)) {
        return false;
      }
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
      return true;
    }
    var _ = Undo.after(failure, work);
    return true;
  }

  /**
   * The refusal to go on when another process has taken over. What was made here goes first when
   * that one has given the reservation up: it may have looked for parts before these were made, and
   * nobody else would find them.
   *
   * @param parts removes what was made
   */
  public CsiException.Aborted lost(Pool pool, Runnable parts) {
    CsiException.Aborted refusal = elsewhere();
    return makers.isGone(pool, uuid) ? Undo.after(refusal, parts) : refusal;
  }

  /** The refusal when another process has taken over. */
  public CsiException.Aborted elsewhere() {
    return elsewhere(kind, name);
  }

  /** The refusal when another process is at it. */
  public static CsiException.Aborted elsewhere(String kind, String name) {
    return new CsiException.Aborted(
        "%s %s is being made by another process just now, ask again".formatted(kind, name));
  }
}
