package io.cephcsi.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.VersionedObject;
import io.cephcsi.journal.SnapshotReferences.Left;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The references to snapshots; attribute, data and entries are ceph-csi's, byte for byte. */
abstract class SnapshotReferencesContract extends JournalContract {
  private static final String ID = "0001-0003-one-0000000000000001-" + STRANGER;
  private static final String OBJECT = "rt-backingsnapshot-" + ID;

  private final SnapshotReferences references = new SnapshotReferences();

  private VersionedObject stored() {
    return pool().readObject(OBJECT, 100, Set.of(ID, "csi-vol-1", "csi-vol-2")).orElseThrow();
  }

  private static byte[] bytes(int... numbers) {
    byte[] bytes = new byte[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      bytes[i] = (byte) numbers[i];
    }
    return bytes;
  }

  private void layDown(int count, Map<String, String> entries) {
    pool()
        .createObject(
            OBJECT, "csi.ceph.com/rt-version", bytes(0, 0, 0, 1), bytes(0, 0, 0, count), entries);
  }

  @Test
  void add_first_writesWhatCephCsiWrites() {
    references.add(pool(), ID, "csi-vol-1");

    assertThat(stored().data()).isEqualTo(bytes(0, 0, 0, 2));
    assertThat(stored().attributes()).containsOnlyKeys("csi.ceph.com/rt-version");
    assertThat(stored().attributes().get("csi.ceph.com/rt-version")).isEqualTo(bytes(0, 0, 0, 1));
    assertThat(stored().entries()).isEqualTo(Map.of(ID, "\1", "csi-vol-1", "\1"));
  }

  @Test
  void add_twice_countsOnce() {
    references.add(pool(), ID, "csi-vol-1");
    references.add(pool(), ID, "csi-vol-1");
    references.add(pool(), ID, "csi-vol-2");
    references.add(pool(), ID, "csi-vol-2");
    assertThat(stored().data()).isEqualTo(bytes(0, 0, 0, 3));
  }

  @Test
  void removeSnapshot_neverShown_isTheLast() {
    assertThat(references.removeSnapshot(pool(), ID)).isEqualTo(Left.NO_TRACKER);
    assertThat(pool().readObject(OBJECT, 4, Set.of())).isEmpty();
  }

  @Test
  void removeSnapshot_stillShown_isMasked_andTheLastVolumeTakesAllAway() {
    references.add(pool(), ID, "csi-vol-1");
    references.add(pool(), ID, "csi-vol-2");
    assertThat(references.removeSnapshot(pool(), ID)).isEqualTo(Left.SOME);
    assertThat(stored().entries())
        .isEqualTo(Map.of(ID, "\2", "csi-vol-1", "\1", "csi-vol-2", "\1"));
    assertThat(stored().data()).isEqualTo(bytes(0, 0, 0, 2));
    assertThat(references.removeSnapshot(pool(), ID)).isEqualTo(Left.SOME);
    assertThat(references.removeVolume(pool(), ID, "csi-vol-1")).isEqualTo(Left.SOME);
    assertThat(references.removeVolume(pool(), ID, "csi-vol-1")).isEqualTo(Left.SOME);
    assertThat(references.removeVolume(pool(), ID, "csi-vol-2")).isEqualTo(Left.NONE);
    assertThat(pool().readObject(OBJECT, 4, Set.of())).isEmpty();
    assertThat(references.removeVolume(pool(), ID, "csi-vol-2")).isEqualTo(Left.NO_TRACKER);
  }

  /** Also again, when the call before was stopped then. */
  @Test
  void removeVolume_last_isToldWhileTheTrackerIsThere() {
    references.add(pool(), ID, "csi-vol-1");
    references.add(pool(), ID, "csi-vol-2");
    var _ = references.removeSnapshot(pool(), ID);
    var told = new AtomicInteger();
    Runnable stop =
        () -> {
          assertThat(stored().data()).isEqualTo(bytes(0, 0, 0, 1));
          told.incrementAndGet();
          throw new IllegalStateException("stopped");
        };
    assertThat(references.removeVolume(pool(), ID, "csi-vol-1", stop)).isEqualTo(Left.SOME);
    assertThat(told).hasValue(0);

    for (int i = 1; i <= 2; i++) {
      assertThatThrownBy(() -> references.removeVolume(pool(), ID, "csi-vol-2", stop))
          .isInstanceOf(IllegalStateException.class);
      assertThat(told).hasValue(i);
    }
    assertThat(references.removeVolume(pool(), ID, "csi-vol-2", () -> {})).isEqualTo(Left.NONE);
  }

  @Test
  void restore_givesBackWhatWasRemoved() {
    references.add(pool(), ID, "csi-vol-1");
    references.add(pool(), ID, "csi-vol-2");
    var _ = references.removeSnapshot(pool(), ID);
    VersionedObject before = stored();
    var _ = references.removeVolume(pool(), ID, "csi-vol-1");
    assertThat(references.restore(pool(), ID, before.entries())).isTrue();
    assertSame(stored(), before);
    assertThat(references.restore(pool(), ID, before.entries())).isTrue();
    assertSame(stored(), before);

    assertThat(references.removeTracker(pool(), ID, Map.of(ID, "\1"))).isFalse();
    assertThat(references.removeTracker(pool(), ID, before.entries())).isTrue();
    assertThat(pool().readObject(OBJECT, 4, Set.of())).isEmpty();
    assertThat(references.removeTracker(pool(), ID, before.entries())).isFalse();
    assertThat(references.restore(pool(), ID, before.entries())).isTrue();
    assertSame(stored(), before);
  }

  private static void assertSame(VersionedObject now, VersionedObject before) {
    assertThat(now.entries()).isEqualTo(before.entries());
    assertThat(now.data()).isEqualTo(before.data());
    assertThat(now.attributes().get("csi.ceph.com/rt-version"))
        .isEqualTo(before.attributes().get("csi.ceph.com/rt-version"));
  }

  @Test
  void trackersObject_hasTheSnapshotsIdInItsName() {
    assertThat(SnapshotReferences.object(ID)).isEqualTo(OBJECT);
    assertThat(SnapshotReferences.snapshotIdOf(OBJECT)).contains(ID);
    assertThat(SnapshotReferences.snapshotIdOf("csi.volumes.default")).isEmpty();
  }

  @Test
  void removeVolume_snapshotIsThere_isNotTheLast() {
    references.add(pool(), ID, "csi-vol-1");
    assertThat(references.removeVolume(pool(), ID, "csi-vol-1")).isEqualTo(Left.SOME);
    assertThat(references.removeSnapshot(pool(), ID)).isEqualTo(Left.NONE);
    assertThat(pool().readObject(OBJECT, 4, Set.of())).isEmpty();
  }

  @Test
  void add_deletedSnapshot_staysMasked() {
    layDown(1, Map.of(ID, "\2", "csi-vol-1", "\1"));
    references.add(pool(), ID, "csi-vol-2");
    assertThat(stored().entries()).containsEntry(ID, "\2").containsEntry("csi-vol-2", "\1");
    assertThat(stored().data()).isEqualTo(bytes(0, 0, 0, 2));
  }

  @Test
  void removeSnapshot_trackerWithoutIt_masksWithoutCounting() {
    layDown(1, Map.of("csi-vol-1", "\1"));
    assertThat(references.removeSnapshot(pool(), ID)).isEqualTo(Left.SOME);
    assertThat(stored().entries()).containsEntry(ID, "\2");
    assertThat(stored().data()).isEqualTo(bytes(0, 0, 0, 1));
  }

  @Test
  void unknownVersionOrBrokenCount_isRefusedAndStays() {
    pool().createObject(OBJECT, "csi.ceph.com/rt-version", bytes(0, 0, 0, 2), bytes(0), Map.of());
    assertThatThrownBy(() -> references.add(pool(), ID, "csi-vol-1"))
        .isInstanceOf(JournalConflict.class)
        .hasMessageContaining("version");
    assertThatThrownBy(() -> references.removeSnapshot(pool(), ID))
        .isInstanceOf(JournalConflict.class);
    assertThat(stored().data()).isEqualTo(bytes(0));
  }

  @Test
  void removeVolume_countedTooFew_isRefused() {
    layDown(0, Map.of(ID, "\1", "csi-vol-1", "\1"));
    assertThatThrownBy(() -> references.removeVolume(pool(), ID, "csi-vol-1"))
        .isInstanceOf(JournalConflict.class)
        .hasMessageContaining("fewer references");
  }

  @Test
  void keeps_whatTheDeletionHasSeen() {
    assertThat(references.keeps(pool(), ID, "csi-vol-1", false)).isFalse();
    references.add(pool(), ID, "csi-vol-1");
    assertThat(references.keeps(pool(), ID, "csi-vol-1", false)).isTrue();
    assertThat(references.keeps(pool(), ID, "csi-vol-1", true)).isFalse();
    assertThat(references.keeps(pool(), ID, "csi-vol-2", false)).isFalse();
    assertThat(references.removeSnapshot(pool(), ID)).isEqualTo(Left.SOME);
    assertThat(references.keeps(pool(), ID, "csi-vol-1", true)).isTrue();
  }
}
