package io.cephcsi.journal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the groups' journal does beyond what the volumes' does, on any pool. */
abstract class GroupJournalContract extends JournalContract {
  private static final String DIRECTORY = "csi.groups.default";
  private static final String OBJECT = "csi.volume.group." + STRANGER;
  private static final String MEMBER = "0001-0009-rook-ceph-0000000000000002-" + STRANGER;
  private static final GroupRequest GROUP_1 =
      new GroupRequest(
          "group-1", "csi-vol-group-", Instant.parse("2024-10-22T17:10:57.123456789Z"));

  private final GroupJournal journal = new GroupJournal("default", uuids());

  private GroupEntry fresh() {
    GroupReservation made = journal.reserve(stores(), GROUP_1);
    assertThat(made).isInstanceOf(GroupReservation.Fresh.class);
    return made.entry();
  }

  private GroupEntry found() {
    GroupReservation again = journal.reserve(stores(), GROUP_1);
    assertThat(again).isInstanceOf(GroupReservation.Found.class);
    return again.entry();
  }

  private GroupEntry read(String uuid) {
    return journal.read(pool(), uuid).orElseThrow();
  }

  @Test
  void reserve_newName_writesWhatCephCsiWrites() {
    fresh();
    assertThat(omap(pool(), "csi.groups.default"))
        .isEqualTo(Map.of("csi.volume.group.group-1", "00000000-0000-4000-8000-000000000001"));
    assertThat(omap(pool(), "csi.volume.group.00000000-0000-4000-8000-000000000001"))
        .isEqualTo(
            Map.of(
                "csi.volname", "group-1",
                "csi.groupname", "csi-vol-group-00000000-0000-4000-8000-000000000001",
                "csi.creationtime", "2024-10-22T17:10:57.123456789Z"));
  }

  @Test
  void reserve_again_findsTheFirstWithItsMembers() {
    GroupEntry entry = fresh();
    assertThat(found()).isEqualTo(entry);
    addMembers(Map.of(MEMBER, ""));
    assertThat(found().members()).isEqualTo(Map.of(MEMBER, ""));
  }

  @Test
  void members_haveAnyValuesAndMayBeMany() {
    fresh();
    Map<String, String> members = new TreeMap<>();
    for (int i = 0; i < 1100; i++) {
      members.put("%s-%04d".formatted(MEMBER, i), i % 2 == 0 ? "" : "snapshot é " + i);
    }
    addMembers(members);
    assertThat(read(FIRST).members()).isEqualTo(members);

    removeMembers(members.keySet());
    removeMembers(Set.of(MEMBER)); // never was one
    assertThat(read(FIRST).members()).isEmpty();
    assertThat(read(FIRST).groupName()).isEqualTo("csi-vol-group-" + FIRST);
  }

  private void addMembers(Map<String, String> members) {
    assertThat(journal.changeMembers(pool(), FIRST, maker(), members, Set.of())).isTrue();
  }

  private void removeMembers(Set<String> ids) {
    assertThat(journal.changeMembers(pool(), FIRST, maker(), Map.of(), ids)).isTrue();
  }

  private Instant maker() {
    return requireNonNull(read(FIRST).creationTime());
  }

  @Test
  void members_ofAMissingGroup_areNotKept() {
    Map<String, String> members = Map.of(MEMBER, "");
    assertThat(journal.changeMembers(pool(), STRANGER, Instant.now(), members, Set.of())).isFalse();
    assertThat(pools().objects()).isEmpty();
  }

  @Test
  void members_thatWouldOverwriteTheJournalsKeys_areRefused() {
    fresh();
    assertThatThrownBy(() -> addMembers(Map.of("csi.volname", "x")))
        .hasMessageContaining("csi.volname");
    assertThatThrownBy(() -> removeMembers(Set.of("")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void takeOver_onlyTheLastOneCanFinishOrGiveUp() {
    GroupEntry entry = fresh();
    Instant first = requireNonNull(entry.creationTime());
    Instant second = journal.takeOver(pool(), entry).orElseThrow();
    assertThat(journal.takeOver(pool(), entry)).isEmpty();
    Instant made = Instant.parse("2024-10-22T17:11:00Z");

    assertThat(journal.finish(pool(), FIRST, first, made, Map.of(MEMBER, "x"))).isFalse();
    assertThat(journal.giveUp(pool(), FIRST, first)).isFalse();
    assertThat(journal.makes(pool(), FIRST, first)).isFalse();
    assertThat(journal.changeMembers(pool(), FIRST, first, Map.of(MEMBER, ""), Set.of())).isFalse();
    assertThat(found().members()).isEmpty();
    assertThat(journal.makes(pool(), FIRST, second)).isTrue();
    assertThat(journal.finish(pool(), FIRST, second, made, Map.of(MEMBER, "x"))).isTrue();

    assertThat(found())
        .isEqualTo(new GroupEntry(FIRST, "group-1", entry.groupName(), made, Map.of(MEMBER, "x")));
    assertThat(journal.giveUp(pool(), FIRST, second)).isFalse();
    assertThat(journal.finish(pool(), FIRST, second, made, Map.of())).isFalse();
  }

  @Test
  void giveUp_leavesNothingToTakeOverOrFinish() {
    GroupEntry entry = fresh();
    Instant maker = requireNonNull(entry.creationTime());
    assertThat(GroupJournal.isGivenUp(entry)).isFalse();

    assertThat(journal.giveUp(pool(), FIRST, maker)).isTrue();

    assertThat(GroupJournal.isGivenUp(found())).isTrue();
    assertThat(journal.takeOver(pool(), found())).isEmpty();
    assertThat(journal.finish(pool(), FIRST, maker, Instant.now(), Map.of())).isFalse();
    journal.undo(stores(), entry);
    assertThat(journal.takeOver(pool(), entry)).isEmpty();
    assertThat(pools().objects()).containsExactly(DIRECTORY);
  }

  /** ceph-csi notes the time last, and may have another zone than ours. */
  @Test
  void takeOver_ofCephCsi_worksWhateverItsTime() {
    put(pool(), DIRECTORY, Map.of("csi.volume.group.group-1", STRANGER));
    put(pool(), OBJECT, Map.of("csi.volname", "group-1"));
    assertThat(journal.takeOver(pool(), found())).isPresent();
    put(pool(), OBJECT, Map.of("csi.creationtime", "2024-10-22T17:10:57.5+02:00"));
    assertThat(journal.takeOver(pool(), found())).isPresent();
  }

  @Test
  void creationTime_isWrittenAsGoDoesAndReadInAnyZone() {
    fresh();
    Map<String, String> texts =
        Map.of(
            "2024-10-22T17:10:57Z", "2024-10-22T17:10:57Z",
            "2024-10-22T17:10:57.1Z", "2024-10-22T17:10:57.100Z",
            "2024-10-22T17:10:57.00001Z", "2024-10-22T17:10:57.000010Z");
    texts.forEach((text, instant) -> {
      var _ = journal.finish(pool(), FIRST, maker(), Instant.parse(instant), Map.of());
      assertThat(omap(pool(), "csi.volume.group." + FIRST)).containsEntry("csi.creationtime", text);
      assertThat(read(FIRST).creationTime()).isEqualTo(Instant.parse(instant));
    });
    put(
        pool(),
        "csi.volume.group." + FIRST,
        Map.of("csi.creationtime", "2024-10-22T17:10:57.5+02:00"));
    assertThat(read(FIRST).creationTime()).isEqualTo(Instant.parse("2024-10-22T15:10:57.5Z"));
  }

  @Test
  void creationTime_absentOrUnreadable_isUnknown() {
    put(pool(), OBJECT, Map.of("csi.volname", "group-1"));
    assertThat(read(STRANGER))
        .isEqualTo(
            new GroupEntry(STRANGER, "group-1", "csi-vol-group-" + STRANGER, null, Map.of()));
    put(pool(), OBJECT, Map.of("csi.creationtime", "yesterday"));
    assertThat(read(STRANGER).creationTime()).isNull();
  }

  @Test
  void reserve_emptyOrMissingObject_startsAnew() {
    put(pool(), DIRECTORY, Map.of("csi.volume.group.group-1", STRANGER));
    put(pool(), OBJECT, Map.of());
    GroupEntry entry = fresh();
    assertThat(entry.uuid()).isEqualTo(SECOND);
    journal.forgetObject(pool(), entry.uuid());
    assertThat(fresh().uuid()).isEqualTo(THIRD);
    assertThat(pools().objects()).containsExactlyInAnyOrder(DIRECTORY, "csi.volume.group." + THIRD);
  }

  @Test
  void reserve_objectThatBelongsToAnother_isRefused() {
    put(pool(), DIRECTORY, Map.of("csi.volume.group.group-1", STRANGER));
    put(pool(), OBJECT, Map.of("csi.volname", "group-2"));
    assertThatThrownBy(() -> journal.reserve(stores(), GROUP_1))
        .isInstanceOf(JournalConflict.class)
        .hasMessageContaining(OBJECT);
  }

  @Test
  void undo_twice_leavesNothing() {
    GroupEntry entry = fresh();
    addMembers(Map.of(MEMBER, ""));
    journal.undo(stores(), entry);
    journal.undo(stores(), entry);
    assertThat(omap(pool(), DIRECTORY)).isEmpty();
    assertThat(pools().objects()).containsExactly(DIRECTORY);
  }

  @Test
  void forgetName_nameThatAnotherUuidOwnsNow_isNotFreed() {
    GroupEntry before = fresh();
    journal.forgetName(stores(), before);
    fresh();
    journal.undo(stores(), before);
    assertThat(journal.page(pool(), "", 10)).containsExactly(new NamedUuid("group-1", SECOND));
  }
}
