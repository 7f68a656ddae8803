package io.cephcsi.cephfs.controller;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.cephfs.QuiesceSet;
import io.cephcsi.cephfs.QuiesceSets;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import java.time.Duration;
import java.util.List;

/**
 * A time in which no client changes some subvolumes; closing it lets them go on, whatever happened.
 * Where nobody can close it, it ends by itself.
 */
final class Quiesce implements AutoCloseable {
  /** Clients have to write what they hold; one that does not in this time may never. */
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** Enough to cut some hundred snapshots, and what pods stand at most when nobody ends it. */
  private static final Duration EXPIRATION = Duration.ofSeconds(30);

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final QuiesceSets sets;
  private final String id;
  private final long version;
  private boolean released;

  private Quiesce(QuiesceSets sets, String id, long version) {
    this.sets = sets;
    this.id = id;
    this.version = version;
  }

  /**
   * Waits until no client changes them any more.
   *
   * @param id of the set; one that is left of an earlier call becomes this one
   * @param names of subvolumes
   * @throws CsiException.Aborted when a client does not stop in time
   * @throws CsiException.NotFound when a subvolume is missing
   * @throws CsiException.Unimplemented when this Ceph cannot
   */
  @MustBeClosed
  static Quiesce begin(QuiesceSets sets, String id, List<String> names) {
    try {
      QuiesceSet begun =
          sets.begin(id, names, TIMEOUT, EXPIRATION).orElseThrow(() -> missing(names));
      QuiesceSet set = settled(sets, id, begun);
      if (set.quiesced()) {
        return new Quiesce(sets, id, set.version());
      }
      throw new CsiException.Aborted(
          "the clients of subvolumes %s were not stopped from writing within %d s (set %s is %s): see which client does not answer (ceph health detail), and ask again"
              .formatted(names, TIMEOUT.toSeconds(), id, set.state()));
    } catch (CsiException.NotFound | CsiException.Unimplemented e) {
      throw e; // the manager refused to begin
    } catch (RuntimeException e) {
      throw Undo.after(e, () -> sets.cancel(id)); // whatever it was, clients may stand already
    }
  }

  private static CsiException.NotFound missing(List<String> names) {
    return new CsiException.NotFound(
        "not all of the subvolumes %s are there: see which is not (ceph fs subvolume ls), and leave its volume out"
            .formatted(names));
  }

  /** The servers bring it to an end by themselves, by its timeout or its expiration. */
  private static QuiesceSet settled(QuiesceSets sets, String id, QuiesceSet begun) {
    QuiesceSet now = begun;
    while (now.settling()) {
      pause();
      now = find(sets, id);
    }
    return now;
  }

  private static QuiesceSet find(QuiesceSets sets, String id) {
    return sets.find(id)
        .orElseThrow(() ->
            new CsiException.Aborted(
                "the metadata servers were restarted and let the clients of set %s go on: ask again"
                    .formatted(id)));
  }

  /**
   * Ends it, and learns whether it lasted until now.
   *
   * @throws CsiException.Aborted when it did not
   */
  void release() {
    boolean lasted = sets.release(id, version) && settled(sets, id, find(sets, id)).released();
    if (!lasted) {
      throw new CsiException.Aborted(
          "clients went on writing before all volumes were cut, after at most %d s, so that the snapshots were thrown away: ask again, and see whether the manager is slow"
              .formatted(EXPIRATION.toSeconds()));
    }
    released = true;
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CsiException.Unavailable("the driver is stopping, ask again", e);
    }
  }

  @Override
  public void close() {
    if (!released) {
      sets.cancel(id);
    }
  }
}
