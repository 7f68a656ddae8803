package io.cephcsi.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.ceph.Pool;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract on a pool in memory, which can also stop at every write. */
class MemoryJournalTest extends JournalContract {
  private final MemoryCluster cluster = new MemoryCluster("rbd");
  private final MemoryPool pool = cluster.pool("rbd");

  @Override
  Pool pool() {
    return pool;
  }

  @Override
  Pool another() {
    return cluster.pool("rbd");
  }

  @AfterEach
  void close() {
    pool.close();
    cluster.checkNothingOpen();
  }

  @Test
  void reserve_newAndKnownName_costOneReadTwoWritesAndTwoReads() {
    var journal = new VolumeJournal("default", UUID::randomUUID);
    var request = new VolumeRequest("pvc-1", "csi-vol-", "", "");
    cluster.operations().reset();

    var _ = journal.reserve(Stores.of(pool), request);
    assertThat(cluster.operations().reads()).isEqualTo(1);
    assertThat(cluster.operations().writes()).isEqualTo(2);

    cluster.operations().reset();
    var _ = journal.reserve(Stores.of(pool), request);
    assertThat(cluster.operations().reads()).isEqualTo(2);
    assertThat(cluster.operations().writes()).isZero();
  }

  /**
   * A crash between the two writes leaves an object that no name leads to; nothing else is ever
   * left, and the name works.
   */
  @Test
  void reserveAndUndo_crashBeforeOrAfterAnyWrite_repeatedEndTheSame() {
    var journal = new VolumeJournal("default", UUID::randomUUID);
    for (boolean applied : new boolean[] {false, true}) {
      boolean crashed = true;
      for (int n = 1; crashed; n++) {
        crashed = crashAndRepeat(journal, n, applied);
      }
    }
  }

  private boolean crashAndRepeat(VolumeJournal journal, int n, boolean applied) {
    MemoryOperations operations = cluster.operations();
    var request = new VolumeRequest("pvc-" + n + applied, "csi-vol-", "", "");
    if (applied) {
      operations.crashAfter(n);
    } else {
      operations.crashBefore(n);
    }
    try {
      journal.undo(Stores.of(pool), journal.reserve(Stores.of(pool), request).entry());
    } catch (MemoryOperations.Crash e) {
      // the process is gone
    }
    boolean crashed = operations.restart();
    var entry = journal.reserve(Stores.of(pool), request).entry();
    assertThat(journal.reserve(Stores.of(pool), request)).isEqualTo(new Reservation.Found(entry));
    journal.undo(Stores.of(pool), entry);
    assertThat(pool.list("csi.volumes.default", "", 10)).isEmpty();
    assertThat(pool.objects()).hasSizeLessThanOrEqualTo(3);
    pool.objects().stream().filter(o -> o.startsWith("csi.volume.")).forEach(pool::remove);
    return crashed;
  }
}
