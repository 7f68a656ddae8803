package io.cephcsi.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryOperations.Crash;
import io.cephcsi.ceph.MemoryPool;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The journals on pools in memory, and what they cost and leave behind when a process dies. */
final class MemoryJournalTest {
  private static final String DIRECTORY = "csi.volumes.default";
  private static final VolumeRequest PVC_1 = new VolumeRequest("pvc-1", "csi-vol-", "", "");

  private final MemoryCluster cluster = new MemoryCluster("rbd", "other");
  private final MemoryOperations operations = cluster.operations();
  private final MemoryPool pool = cluster.pool("rbd");
  private final MemoryPool same = cluster.pool("rbd");
  private final MemoryPool other = cluster.pool("other");
  private final TestPools pools = new TestPools(pool, same, other, pool::objects);
  private final VolumeJournal journal = new VolumeJournal("default", UUID::randomUUID);

  @AfterEach
  void closePools() {
    pool.close();
    same.close();
    other.close();
    cluster.checkNothingOpen();
  }

  @Nested
  final class Volumes extends VolumeJournalContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  @Nested
  final class References extends SnapshotReferencesContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  @Nested
  final class Snapshots extends SnapshotJournalContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  @Nested
  final class Stored extends StoredJournalContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  @Nested
  final class Groups extends GroupJournalContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  private VolumeEntry reserve() {
    return journal.reserve(Stores.of(pool), PVC_1).entry();
  }

  @Test
  void reserve_costsTwoWritesThenTwoReads() {
    operations.reset();
    VolumeEntry entry = reserve();
    assertThat(operations.log())
        .containsExactly("create csi.volume." + entry.uuid(), "compare and put " + DIRECTORY);
    operations.reset();
    assertThat(reserve()).isEqualTo(entry);
    assertThat(operations.log())
        .containsExactly("get " + DIRECTORY, "get csi.volume." + entry.uuid());
  }

  @Test
  void reserve_nameThatAnotherProcessMade_findsItAndLeavesNothingOfItsOwn() {
    VolumeEntry entry = reserve();
    List<String> objects = pool.objects();
    operations.reset();
    var restarted = new VolumeJournal("default", UUID::randomUUID);
    assertThat(restarted.reserve(Stores.of(pool), PVC_1)).isEqualTo(new Reservation.Found(entry));
    assertThat(pool.objects()).isEqualTo(objects);
    assertThat(operations.writes()).as("made, refused, removed").isEqualTo(3);
    assertThat(operations.reads()).isEqualTo(2);
  }

  @Test
  void reserve_nameThatAnotherProcessMadeAndAFullPool_findsIt() {
    VolumeEntry entry = reserve();
    var restarted = new VolumeJournal("default", UUID::randomUUID);
    operations.failBefore(1, Errno.ENOSPC);
    assertThat(restarted.reserve(Stores.of(pool), PVC_1)).isEqualTo(new Reservation.Found(entry));
  }

  @Test
  void undo_costsTwoWrites() {
    VolumeEntry entry = reserve();
    operations.reset();
    journal.undo(Stores.of(pool), entry);
    assertThat(operations.reads()).isZero();
    assertThat(operations.writes()).isEqualTo(2);
  }

  @Test
  void reserve_crashAtAnyWrite_nextCallEndsTheSame() {
    eachCrash(
        () -> {
          var _ = reserve();
        },
        () -> {
          VolumeEntry entry = reserve();
          assertHeldBy(entry);
          assertThat(reserve()).isEqualTo(entry);
        });
  }

  @Test
  void reserve_crashAmidTheRepairOfAnEmptyObject_nextCallEndsTheSame() {
    eachCrash(
        () -> {
          pool.compareAndPut(DIRECTORY, "csi.volume.pvc-1", "", JournalContract.STRANGER);
          pool.create("csi.volume." + JournalContract.STRANGER, Map.of());
          var _ = reserve();
        },
        () -> assertHeldBy(reserve()));
  }

  @Test
  void undo_crashAtAnyWrite_nextCallStartsAnew() {
    eachCrash(() -> journal.undo(Stores.of(pool), reserve()), () -> assertHeldBy(reserve()));
  }

  @Test
  void snapshots_crashAtAnyWrite_nextCallEndsTheSame() {
    var snapshots = new SnapshotJournal("default", UUID::randomUUID);
    var request = new SnapshotRequest("snapshot-1", "csi-snap-", "csi-vol-1", "", "");
    Supplier<SnapshotEntry> reserve = () -> snapshots.reserve(Stores.of(pool), request).entry();
    Runnable next =
        () -> {
          SnapshotEntry entry = reserve.get();
          assertThat(JournalContract.omap(pool, "csi.snaps.default"))
              .isEqualTo(Map.of("csi.snap.snapshot-1", entry.uuid()));
          assertThat(reserve.get()).isEqualTo(entry);
        };
    eachCrash(() -> snapshots.undo(Stores.of(pool), reserve.get()), next);
    eachCrash(
        () -> {
          pool.compareAndPut(
              "csi.snaps.default", "csi.snap.snapshot-1", "", JournalContract.STRANGER);
          pool.create("csi.snap." + JournalContract.STRANGER, Map.of());
          var _ = reserve.get();
        },
        next);
  }

  @Test
  void groups_crashAtAnyWrite_nextCallEndsTheSame() {
    var groups = new GroupJournal("default", UUID::randomUUID);
    var request = new GroupRequest("group-1", "csi-vol-group-", Instant.EPOCH);
    Supplier<GroupEntry> reserve = () -> groups.reserve(Stores.of(pool), request).entry();
    eachCrash(
        () -> groups.undo(Stores.of(pool), reserve.get()),
        () -> {
          GroupEntry entry = reserve.get();
          assertThat(JournalContract.omap(pool, "csi.groups.default"))
              .isEqualTo(Map.of("csi.volume.group.group-1", entry.uuid()));
          assertThat(reserve.get()).isEqualTo(entry);
        });
  }

  /** Runs the action with a crash before and after its every write, and what follows it then. */
  private void eachCrash(Runnable action, Runnable next) {
    List<IntConsumer> plans = List.of(operations::crashBefore, operations::crashAfter);
    for (IntConsumer plan : plans) {
      boolean crashed = true;
      for (int n = 1; crashed; n++) {
        clear();
        plan.accept(n);
        try {
          action.run();
        } catch (Crash e) {
          assertThat(operations.pending()).isFalse();
        }
        crashed = operations.restart();
        next.run();
        assertAtMostOneUnreachable();
      }
    }
  }

  private void clear() {
    new ArrayList<>(pool.objects()).forEach(pool::remove);
  }

  private void assertHeldBy(VolumeEntry entry) {
    assertThat(JournalContract.omap(pool, DIRECTORY))
        .containsOnlyKeys("csi.volume.pvc-1")
        .containsEntry("csi.volume.pvc-1", entry.uuid());
    assertThat(journal.read(pool, entry.uuid())).contains(entry);
  }

  /** The directory, the name's object, and the one that a crash may leave. */
  private void assertAtMostOneUnreachable() {
    assertThat(pool.objects()).hasSizeBetween(2, 3);
  }

  @Test
  void reserve_answerOfAWriteLost_nextCallFindsIt() {
    operations.failAfter(2, Errno.ETIMEDOUT);
    assertThatThrownBy(this::reserve).isInstanceOf(CephException.class);
    Reservation again = journal.reserve(Stores.of(pool), PVC_1);
    assertThat(again).isInstanceOf(Reservation.Found.class);
    assertThat(pool.objects()).hasSize(2);
  }

  @Test
  void reserve_anotherProcessFaster_findsItsReservationAndLeavesNothing() {
    assertLoserLeavesNothing();
  }

  @Test
  void reserve_anotherProcessRepairsTheSameName_findsItsReservationAndLeavesNothing() {
    pool.compareAndPut(DIRECTORY, "csi.volume.pvc-1", "", JournalContract.STRANGER);
    assertLoserLeavesNothing();
  }

  private void assertLoserLeavesNothing() {
    var theirs = new ArrayList<VolumeEntry>();
    operations.before(operation -> {
      if (operation.startsWith("compare and put") && theirs.isEmpty()) {
        operations.before(_ -> {});
        theirs.add(journal.reserve(Stores.of(same), PVC_1).entry());
      }
    });
    assertThat(journal.reserve(Stores.of(pool), PVC_1))
        .isEqualTo(new Reservation.Found(theirs.getFirst()));
    assertThat(pool.objects())
        .containsExactlyInAnyOrder(DIRECTORY, "csi.volume." + theirs.getFirst().uuid());
  }
}
