package io.cephcsi.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What the snapshots' journal does beyond what the volumes' does, on any pool. */
abstract class SnapshotJournalContract extends JournalContract {
  private static final String DIRECTORY = "csi.snaps.default";
  private static final SnapshotRequest SNAPSHOT_1 =
      new SnapshotRequest("snapshot-1", "csi-snap-", "csi-vol-" + STRANGER, "id-1", "team-a");

  private static final Instant CUT_AT = Instant.parse("2026-03-04T05:06:07.000000008Z");

  private final SnapshotJournal journal = new SnapshotJournal("default", uuids());

  private SnapshotEntry fresh() {
    SnapshotReservation made = journal.reserve(stores(), SNAPSHOT_1);
    assertThat(made).isInstanceOf(SnapshotReservation.Fresh.class);
    return made.entry();
  }

  private SnapshotEntry found() {
    SnapshotReservation again = journal.reserve(stores(), SNAPSHOT_1);
    assertThat(again).isInstanceOf(SnapshotReservation.Found.class);
    return again.entry();
  }

  private void stored(Map<String, String> keys) {
    put(pool(), DIRECTORY, Map.of("csi.snap.snapshot-1", STRANGER));
    put(pool(), "csi.snap." + STRANGER, keys);
  }

  @Test
  void reserve_memberOfAGroup_keepsTheGroupsId() {
    var member = new SnapshotRequest("snapshot-1", "csi-snap-", "csi-vol-1", "", "", "group-id");
    assertThat(journal.reserve(stores(), member).entry().groupId()).isEqualTo("group-id");
    assertThat(omap(pool(), "csi.snap." + FIRST)).containsEntry("csi.groupid", "group-id");
    assertThat(journal.reserve(stores(), member).entry().groupId()).isEqualTo("group-id");
    assertThat(journal.read(pool(), FIRST).orElseThrow().groupId()).isEqualTo("group-id");
  }

  @Test
  void reserve_newName_writesWhatCephCsiWrites() {
    assertThat(fresh())
        .isEqualTo(
            new SnapshotEntry(
                FIRST,
                "snapshot-1",
                "csi-snap-" + FIRST,
                "",
                "csi-vol-" + STRANGER,
                "id-1",
                "team-a",
                "",
                Optional.empty(),
                OptionalLong.empty(),
                false,
                false,
                false,
                0));
    assertThat(omap(pool(), "csi.snaps.default"))
        .isEqualTo(Map.of("csi.snap.snapshot-1", "00000000-0000-4000-8000-000000000001"));
    assertThat(omap(pool(), "csi.snap.00000000-0000-4000-8000-000000000001"))
        .isEqualTo(
            Map.of(
                "csi.snapname", "snapshot-1",
                "csi.imagename", "csi-snap-00000000-0000-4000-8000-000000000001",
                "csi.source", "csi-vol-" + STRANGER,
                "cephcsi.sourceid", "id-1",
                "csi.volume.owner", "team-a"));
    assertThat(pools().objects()).hasSize(2);
  }

  @Test
  void reserve_again_findsTheFirst() {
    SnapshotEntry entry = fresh();
    assertThat(found()).isEqualTo(entry);
    var _ = journal.storeImage(pool(), FIRST, "", "10ab", CUT_AT);
    assertThat(found().cutAt()).contains(CUT_AT);
    assertThat(found().imageId()).isEqualTo("10ab");
    assertThat(omap(pool(), "csi.snap." + FIRST)).containsEntry("csi.imageid", "10ab");
  }

  @Test
  void storeCut_byWhoWasTakenOverFrom_isRefused() {
    String uuid = fresh().uuid();
    String second = journal.takeOver(pool(), uuid).orElseThrow();

    assertThat(journal.storeCut(pool(), uuid, "", CUT_AT)).isFalse();
    assertThat(journal.giveUp(pool(), uuid, "")).isFalse();
    assertThat(journal.storeCut(pool(), uuid, second, CUT_AT)).isTrue();

    assertThat(found().cutAt()).contains(CUT_AT);
    assertThat(journal.takeOver(pool(), uuid)).isEmpty();
    assertThat(journal.giveUp(pool(), uuid, second)).isFalse();
    assertThat(omap(pool(), "csi.snap." + uuid)).doesNotContainKey("cephcsi.maker");
  }

  @Test
  void reserve_forAnotherSource_saysWhichItHas() {
    SnapshotEntry entry = fresh();
    var other = new SnapshotRequest("snapshot-1", "csi-snap-", "csi-vol-other", "id-2", "team-a");
    assertThat(journal.reserve(stores(), other))
        .isEqualTo(new SnapshotReservation.OtherSource(entry));
    assertThat(found()).isEqualTo(entry);
  }

  @Test
  void reserve_nameOfAMissingObject_startsAnew() {
    put(pool(), DIRECTORY, Map.of("csi.snap.snapshot-1", STRANGER));
    assertThat(fresh().uuid()).isEqualTo(SECOND);
    assertThat(pools().objects()).containsExactlyInAnyOrder(DIRECTORY, "csi.snap." + SECOND);
  }

  @Test
  void reserve_withoutSource_startsAnewAndRemovesIt() {
    stored(Map.of("csi.snapname", "snapshot-1", "csi.imagename", "csi-snap-" + STRANGER));
    assertThat(fresh().uuid()).isEqualTo(SECOND);
    assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.snap.snapshot-1", SECOND));
    assertThat(pools().objects()).containsExactlyInAnyOrder(DIRECTORY, "csi.snap." + SECOND);
  }

  @Test
  void reserve_emptyObject_startsAnewAndRemovesIt() {
    stored(Map.of());
    assertThat(fresh().uuid()).isEqualTo(SECOND);
    assertThat(pools().objects()).containsExactlyInAnyOrder(DIRECTORY, "csi.snap." + SECOND);
  }

  @Test
  void reserve_objectThatMayHaveAnImage_startsAnewAndKeepsWhatIsInIt() {
    for (Map<String, String> keys :
        List.of(
            Map.of("csi.source", SNAPSHOT_1.source(), "csi.imageid", "10ab"),
            Map.of("csi.source", SNAPSHOT_1.source()),
            Map.of("csi.snapname", "snapshot-1", "csi.imageid", "10ab"))) {
      pool().remove("csi.snap." + STRANGER);
      stored(keys);
      SnapshotEntry entry = fresh();
      assertThat(entry.uuid()).isNotEqualTo(STRANGER);
      assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.snap.snapshot-1", entry.uuid()));
      assertThat(omap(pool(), "csi.snap." + STRANGER)).isEqualTo(keys);
    }
  }

  @Test
  void reserve_objectThatBelongsToAnother_isRefusedEvenWithoutSource() {
    stored(Map.of("csi.snapname", "snapshot-2"));
    assertThatThrownBy(() -> journal.reserve(stores(), SNAPSHOT_1))
        .isInstanceOf(JournalConflict.class)
        .hasMessageContaining("csi.snap." + STRANGER)
        .hasMessageContaining("snapshot-2");
    assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.snap.snapshot-1", STRANGER));
  }

  @Test
  void read_withoutImageName_takesCephCsisDefault() {
    stored(Map.of("csi.snapname", "snapshot-1", "csi.source", SNAPSHOT_1.source()));
    assertThat(found().imageName()).isEqualTo("csi-snap-" + STRANGER);
  }

  @Test
  void unknownKeys_arePreserved() {
    Map<String, String> keys =
        Map.of(
            "csi.snapname", "snapshot-1",
            "csi.source", SNAPSHOT_1.source(),
            "csi.volume.encryptKMS", "vault");
    stored(keys);
    var _ = journal.storeImage(pool(), found().uuid(), "", "10ab", CUT_AT);
    assertThat(found().unfinished()).isTrue();
    assertThat(found().encrypted()).isTrue();
    journal.storeFinished(pool(), found().uuid());
    assertThat(found().unfinished()).isFalse();
    assertThat(omap(pool(), "csi.snap." + STRANGER)).containsAllEntriesOf(keys).hasSize(5);
  }

  @Test
  void undo_twice_leavesNothing() {
    SnapshotEntry entry = fresh();
    journal.undo(stores(), entry);
    journal.undo(stores(), entry);
    assertThat(omap(pool(), DIRECTORY)).isEmpty();
    assertThat(pools().objects()).containsExactly(DIRECTORY);
  }

  @Test
  void forgetName_nameThatAnotherUuidOwnsNow_isNotFreed() {
    SnapshotEntry before = fresh();
    journal.forgetName(stores(), before);
    SnapshotEntry now = fresh();
    journal.undo(stores(), before);
    assertThat(journal.nameIsHeld(pool(), before)).isFalse();
    assertThat(journal.nameIsHeld(pool(), now)).isTrue();
    assertThat(journal.page(pool(), "", 10)).containsExactly(new NamedUuid("snapshot-1", SECOND));
  }

  @Test
  void request_withoutSource_cannotBe() {
    assertThatThrownBy(() -> new SnapshotRequest("snapshot-1", "csi-snap-", "", "", ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void read_ownerUnderAnEmptyKey_isFoundAsCephCsiMisplacedIt() {
    put(
        pool(),
        "csi.snap." + STRANGER,
        Map.of("csi.snapname", "snapshot-1", "csi.source", "csi-vol-1", "", "team-a"));
    assertThat(journal.read(pool(), STRANGER).orElseThrow().owner()).isEqualTo("team-a");
  }

  @Test
  void storeCutLater_isReadAgain() {
    var request =
        new SnapshotRequest("snapshot-1", "csi-snap-", "csi-vol-1", "id-1", "", "", 1 << 20);
    SnapshotEntry entry = journal.reserve(stores(), request).entry();
    assertThat(entry.sizeBytes()).isEqualTo(1 << 20);
    var moment = Instant.parse("2024-05-06T07:08:09.5Z");
    journal.storeCutLater(pool(), entry.uuid(), moment).join();
    SnapshotEntry read = journal.read(pool(), entry.uuid()).orElseThrow();
    assertThat(read.cutAt()).contains(moment);
    assertThat(read.sizeBytes()).isEqualTo(1 << 20);
  }
}
