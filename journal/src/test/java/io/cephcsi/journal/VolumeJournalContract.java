package io.cephcsi.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the volumes' journal does, on any pool. */
abstract class VolumeJournalContract extends JournalContract {
  private static final String DIRECTORY = "csi.volumes.default";
  private static final VolumeRequest PVC_1 =
      new VolumeRequest("pvc-1", "csi-vol-", "team-a", "size=1");

  private final VolumeJournal journal = new VolumeJournal("default", uuids());

  private static VolumeRequest request(String name) {
    return new VolumeRequest(name, "csi-vol-", "", "");
  }

  private VolumeEntry fresh(VolumeRequest request) {
    Reservation made = journal.reserve(stores(), request);
    assertThat(made).isInstanceOf(Reservation.Fresh.class);
    return made.entry();
  }

  private VolumeEntry found(VolumeRequest request) {
    Reservation again = journal.reserve(stores(), request);
    assertThat(again).isInstanceOf(Reservation.Found.class);
    return again.entry();
  }

  private void directory(String name, String value) {
    put(pool(), DIRECTORY, Map.of("csi.volume." + name, value));
  }

  @Test
  void reserve_newName_writesWhatCephCsiWrites() {
    VolumeEntry entry = fresh(PVC_1);

    assertThat(entry)
        .isEqualTo(
            new VolumeEntry(
                FIRST,
                "pvc-1",
                "csi-vol-" + FIRST,
                "",
                "team-a",
                "size=1",
                OptionalLong.empty(),
                false,
                false,
                "",
                OptionalLong.empty()));
    assertThat(omap(pool(), "csi.volumes.default"))
        .isEqualTo(Map.of("csi.volume.pvc-1", "00000000-0000-4000-8000-000000000001"));
    assertThat(omap(pool(), "csi.volume.00000000-0000-4000-8000-000000000001"))
        .isEqualTo(
            Map.of(
                "csi.volname", "pvc-1",
                "csi.imagename", "csi-vol-00000000-0000-4000-8000-000000000001",
                "csi.volume.owner", "team-a",
                "cephcsi.parameters", "size=1"));
    assertThat(pools().objects()).hasSize(2);
  }

  @Test
  void reserve_volumeThatShowsASnapshot_writesWhatCephCsiWrites() {
    VolumeEntry entry =
        fresh(new VolumeRequest("pvc-1", "csi-vol-", "", "", "0001-0003-one-snapshot"));

    assertThat(entry.backingSnapshotId()).isEqualTo("0001-0003-one-snapshot");
    assertThat(omap(pool(), "csi.volume." + FIRST))
        .isEqualTo(
            Map.of(
                "csi.volname", "pvc-1",
                "csi.imagename", "csi-vol-" + FIRST,
                "csi.volume.backingsnapshotid", "0001-0003-one-snapshot"));
    assertThat(journal.read(pool(), FIRST)).contains(entry);
  }

  @Test
  void storeSize_isReadAgain_andMakesNoObject() {
    VolumeEntry entry = fresh(request("pvc-1"));
    assertThat(entry.sizeBytes()).isEmpty();
    assertThat(journal.storeSize(pool(), entry.uuid(), "", 5L << 30)).isTrue();
    assertThat(found(request("pvc-1")).sizeBytes()).hasValue(5L << 30);
    assertThat(omap(pool(), "csi.volume." + FIRST)).containsEntry("cephcsi.bytes", "5368709120");

    assertThat(journal.storeSize(pool(), STRANGER, "", 5L << 30)).isFalse();
    assertThat(journal.read(pool(), STRANGER)).isEmpty();
  }

  @Test
  void storeSize_ofAVolumeWithoutBound_isReadAgain() {
    VolumeEntry entry = fresh(request("pvc-1"));
    assertThat(journal.storeSize(pool(), entry.uuid(), "", 0)).isTrue();
    assertThat(found(request("pvc-1")).sizeBytes()).hasValue(0);
  }

  @Test
  void changeSize_isReadAgain_andMakesNoObject() {
    VolumeEntry entry = fresh(request("pvc-1"));
    var _ = journal.storeSize(pool(), entry.uuid(), "", 5L << 30);
    journal.changeSize(pool(), entry.uuid(), 6L << 30);
    assertThat(found(request("pvc-1")).sizeBytes()).hasValue(6L << 30);
    journal.changeSize(pool(), STRANGER, 5L << 30);
    assertThat(journal.read(pool(), STRANGER)).isEmpty();
  }

  /** As {@link #takeOver_whoWasAtItBefore_canNeitherFinishNorUndo}, of a subvolume. */
  @Test
  void takeOver_ofASubvolume_whoWasAtItBefore_canNeitherFinishNorUndo() {
    String uuid = fresh(PVC_1).uuid();
    String second = journal.takeOver(pool(), uuid).orElseThrow();

    assertThat(journal.storeSize(pool(), uuid, "", 5L << 30)).isFalse();
    assertThat(journal.giveUp(pool(), uuid, "")).isFalse();
    assertThat(journal.storeSize(pool(), uuid, second, 5L << 30)).isTrue();

    assertThat(journal.takeOver(pool(), uuid)).isEmpty();
    assertThat(journal.giveUp(pool(), uuid, second)).isFalse();
    assertThat(omap(pool(), "csi.volume." + uuid)).doesNotContainKey("cephcsi.maker");
  }

  @Test
  void read_sizeThatIsNoNumber_isUnknown() {
    put(
        pool(),
        "csi.volume." + STRANGER,
        Map.of("csi.volname", "pvc-1", "cephcsi.bytes", "99999999999999999999"));
    assertThat(journal.read(pool(), STRANGER).orElseThrow().sizeBytes()).hasValue(0);
  }

  @Test
  void reserve_nothingKnownButTheName_writesNoEmptyKeys() {
    fresh(request("pvc-1"));
    assertThat(omap(pool(), "csi.volume." + FIRST))
        .containsOnlyKeys("csi.volname", "csi.imagename");
  }

  @Test
  void reserve_again_findsTheFirst() {
    VolumeEntry entry = fresh(PVC_1);
    assertThat(found(PVC_1)).isEqualTo(entry);
    var _ = journal.storeImageId(pool(), FIRST, "", "10ab");
    assertThat(found(PVC_1).imageId()).isEqualTo("10ab");
    assertThat(omap(pool(), "csi.volume." + FIRST)).containsEntry("csi.imageid", "10ab");
    assertThat(pools().objects()).hasSize(2);
  }

  @Test
  void reserve_otherNameOrInstance_isAnotherReservation() {
    fresh(PVC_1);
    assertThat(fresh(request("pvc-2")).uuid()).isEqualTo(SECOND);
    var elsewhere = new VolumeJournal("blue", UUID::randomUUID);
    assertThat(elsewhere.reserve(stores(), PVC_1)).isInstanceOf(Reservation.Fresh.class);
    assertThat(omap(pool(), "csi.volumes.blue")).containsOnlyKeys("csi.volume.pvc-1");
  }

  @Test
  void reserve_longNameThatIsNotAscii_isKeptAsItIs() {
    VolumeEntry entry = fresh(request(LONG_NAME));
    assertThat(found(request(LONG_NAME))).isEqualTo(entry);
    assertThat(omap(pool(), DIRECTORY)).containsOnlyKeys("csi.volume." + LONG_NAME);
    assertThat(journal.page(pool(), "", 10)).containsExactly(new NamedUuid(LONG_NAME, FIRST));
    journal.undo(stores(), entry);
    assertThat(omap(pool(), DIRECTORY)).isEmpty();
  }

  @Test
  void reserve_uuidTakenAlready_takesAnother() {
    put(pool(), "csi.volume." + FIRST, Map.of("csi.volname", "somebody else's"));
    assertThat(fresh(PVC_1).uuid()).isEqualTo(SECOND);
    assertThat(omap(pool(), "csi.volume." + FIRST))
        .isEqualTo(Map.of("csi.volname", "somebody else's"));
  }

  @Test
  void reserve_generatorThatRepeats_endsWithAnError() {
    var broken = new VolumeJournal("default", () -> UUID.fromString(STRANGER));
    put(pool(), "csi.volume." + STRANGER, Map.of());
    assertThatThrownBy(() -> broken.reserve(stores(), PVC_1))
        .isInstanceOf(IllegalStateException.class);
    assertThat(pools().objects()).containsExactly("csi.volume." + STRANGER);
  }

  @Test
  void reserve_nameOfAMissingObject_startsAnew() {
    directory("pvc-1", STRANGER);
    assertThat(fresh(PVC_1).uuid()).isEqualTo(SECOND);
    assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.volume.pvc-1", SECOND));
    assertThat(pools().objects()).containsExactlyInAnyOrder(DIRECTORY, "csi.volume." + SECOND);
  }

  @Test
  void reserve_nameOfAnEmptyObject_startsAnewAndRemovesIt() {
    directory("pvc-1", STRANGER);
    put(pool(), "csi.volume." + STRANGER, Map.of());
    assertThat(fresh(PVC_1).uuid()).isEqualTo(SECOND);
    assertThat(pools().objects()).containsExactlyInAnyOrder(DIRECTORY, "csi.volume." + SECOND);
  }

  @Test
  void reserve_nameOfAnObjectWithoutOwner_startsAnewAndKeepsWhatIsInIt() {
    directory("pvc-1", STRANGER);
    put(pool(), "csi.volume." + STRANGER, Map.of("csi.imageid", "10ab"));
    assertThat(fresh(PVC_1).uuid()).isEqualTo(SECOND);
    assertThat(omap(pool(), "csi.volume." + STRANGER)).isEqualTo(Map.of("csi.imageid", "10ab"));
  }

  @Test
  void reserve_emptyValue_startsAnew() {
    directory("pvc-1", "");
    assertThat(fresh(PVC_1).uuid()).isEqualTo(FIRST);
    assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.volume.pvc-1", FIRST));
  }

  @Test
  void reserve_nameOfAnObjectThatBelongsToAnother_isRefused() {
    directory("pvc-1", STRANGER);
    put(pool(), "csi.volume." + STRANGER, Map.of("csi.volname", "pvc-2"));
    assertThatThrownBy(() -> journal.reserve(stores(), PVC_1))
        .isInstanceOf(JournalConflict.class)
        .hasMessageContaining("pvc-1")
        .hasMessageContaining("csi.volume." + STRANGER)
        .hasMessageContaining("pvc-2");
    assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.volume.pvc-1", STRANGER));
    assertThat(pools().objects()).containsExactlyInAnyOrder(DIRECTORY, "csi.volume." + STRANGER);
  }

  @Test
  void read_withoutImageName_takesCephCsisDefault() {
    directory("pvc-1", STRANGER);
    put(pool(), "csi.volume." + STRANGER, Map.of("csi.volname", "pvc-1"));
    assertThat(found(PVC_1))
        .isEqualTo(
            new VolumeEntry(
                STRANGER,
                "pvc-1",
                "csi-vol-" + STRANGER,
                "",
                "",
                "",
                OptionalLong.empty(),
                false,
                false,
                "",
                OptionalLong.empty()));
  }

  @Test
  void read_missingOrEmptyObject_isEmpty() {
    assertThat(journal.read(pool(), STRANGER)).isEmpty();
    put(pool(), "csi.volume." + STRANGER, Map.of());
    assertThat(journal.read(pool(), STRANGER)).isEmpty();
  }

  @Test
  void unknownKeys_arePreserved() {
    Map<String, String> stored =
        Map.of(
            "csi.volname", "pvc-1",
            "csi.imagename", "x-" + STRANGER,
            "csi.volume.encryptKMS", "vault",
            "csi.volume.encryptionType", "block",
            "csi.groupid", "0001-…");
    directory("pvc-1", STRANGER);
    put(pool(), "csi.volume." + STRANGER, stored);
    assertThat(found(PVC_1).imageName()).isEqualTo("x-" + STRANGER);
    var _ = journal.storeImageId(pool(), STRANGER, "", "10ab");
    assertThat(omap(pool(), "csi.volume." + STRANGER))
        .containsAllEntriesOf(stored)
        .containsEntry("csi.imageid", "10ab")
        .hasSize(6);
  }

  @Test
  void takeOver_whoWasAtItBefore_canNeitherFinishNorUndo() {
    String uuid = fresh(PVC_1).uuid();
    String second = journal.takeOver(pool(), uuid).orElseThrow();
    String third = journal.takeOver(pool(), uuid).orElseThrow();

    for (String before : List.of("", second)) {
      assertThat(journal.makes(pool(), uuid, before)).isFalse();
      assertThat(journal.storeImageId(pool(), uuid, before, "10ab")).isFalse();
      assertThat(journal.giveUp(pool(), uuid, before)).isFalse();
    }
    assertThat(journal.makes(pool(), uuid, third)).isTrue();
    assertThat(journal.storeImageId(pool(), uuid, third, "10ac")).isTrue();

    assertThat(journal.takeOver(pool(), uuid)).isEmpty();
    assertThat(journal.giveUp(pool(), uuid, third)).isFalse();
    assertThat(found(PVC_1).imageId()).isEqualTo("10ac");
    assertThat(omap(pool(), "csi.volume." + uuid)).doesNotContainKey("cephcsi.maker");
  }

  @Test
  void giveUp_isNotTakenOverAnyMore() {
    String uuid = fresh(PVC_1).uuid();

    assertThat(journal.giveUp(pool(), uuid, "")).isTrue();

    assertThat(journal.takeOver(pool(), uuid)).isEmpty();
    assertThat(journal.storeImageId(pool(), uuid, "", "10ab")).isFalse();
  }

  @Test
  void discard_notesTheIdThatTheImageHasNow() {
    VolumeEntry entry = fresh(PVC_1);
    var _ = journal.storeImageId(pool(), FIRST, "", "10ab");

    journal.discard(pool(), FIRST, "10ac");

    assertThat(journal.read(pool(), entry.uuid()).orElseThrow())
        .satisfies(e -> assertThat(e.imageId()).isEqualTo("10ac"))
        .satisfies(e -> assertThat(e.discarded()).isTrue());
    journal.restore(pool(), FIRST);
    assertThat(journal.read(pool(), FIRST).orElseThrow().discarded()).isFalse();
    journal.discard(pool(), STRANGER, "10ab");
    assertThat(pools().objects()).doesNotContain("csi.volume." + STRANGER);
  }

  @Test
  void discardName_leavesARecordInItsPlaceUntilThePurge() {
    VolumeEntry entry = fresh(PVC_1);

    journal.discardName(stores(), entry, List.of("10ab", "10ac"));

    assertThat(omap(pool(), DIRECTORY)).containsOnlyKeys("cephcsi.discarded." + FIRST);
    assertThat(journal.purgeRecords(pool()))
        .isEqualTo(
            Map.of(
                journal.purgeRecord(FIRST),
                new PurgeRecord.Images("csi-vol-" + FIRST, List.of("10ab", "10ac"))));
    assertThat(journal.page(pool(), "", 10)).isEmpty();
    journal.purgeRecord(FIRST).forget(pool());
    assertThat(omap(pool(), DIRECTORY)).isEmpty();
    assertThat(pools().objects()).doesNotContain("csi.volume." + FIRST);
  }

  @Test
  void discardImage_isRememberedByItsId() {
    PurgeRecord record = journal.discardImage(pool(), "kubernetes-dynamic-pvc-7", "10ab");
    journal.rememberFlattening(pool(), "10ac");

    assertThat(journal.purgeRecords(pool()))
        .isEqualTo(
            Map.of(record, new PurgeRecord.Images("kubernetes-dynamic-pvc-7", List.of("10ab"))));
    assertThat(journal.flattenings(pool())).containsExactly("10ac");
    record.forget(pool());
    journal.forgetFlattening(pool(), "10ac");
    assertThat(omap(pool(), DIRECTORY)).isEmpty();
  }

  @Test
  void storeImageId_removedMeanwhile_doesNotBringItBack() {
    var _ = journal.storeImageId(pool(), STRANGER, "", "10ab");
    assertThat(pools().objects()).isEmpty();
  }

  @Test
  void undo_twice_leavesNothing() {
    VolumeEntry entry = fresh(PVC_1);
    journal.undo(stores(), entry);
    journal.undo(stores(), entry);
    assertThat(omap(pool(), DIRECTORY)).isEmpty();
    assertThat(pools().objects()).containsExactly(DIRECTORY);
    assertThat(fresh(PVC_1).uuid()).isEqualTo(SECOND);
  }

  @Test
  void forgetName_keepsTheObjectAsRecord() {
    VolumeEntry entry = fresh(PVC_1);
    assertThat(journal.nameIsHeld(pool(), entry)).isTrue();
    journal.forgetName(stores(), entry);
    assertThat(journal.nameIsHeld(pool(), entry)).isFalse();
    assertThat(journal.read(pool(), FIRST)).contains(entry);
    journal.forgetObject(pool(), FIRST);
    assertThat(journal.read(pool(), FIRST)).isEmpty();
  }

  @Test
  void forgetName_nameThatAnotherUuidOwnsNow_isNotFreed() {
    VolumeEntry before = fresh(PVC_1);
    journal.forgetName(stores(), before);
    VolumeEntry now = fresh(PVC_1);
    journal.undo(stores(), before);
    assertThat(found(PVC_1)).isEqualTo(now);
    assertThat(journal.nameIsHeld(pool(), before)).isFalse();
  }

  @Test
  void legacyValue_ofThisPool_isTheSameAsTheUuidAlone() {
    directory("pvc-1", "%016x/%s".formatted(pool().id(), STRANGER));
    put(pool(), "csi.volume." + STRANGER, Map.of("csi.volname", "pvc-1"));
    VolumeEntry entry = found(PVC_1);
    assertThat(entry.uuid()).isEqualTo(STRANGER);
    assertThat(journal.nameIsHeld(pool(), entry)).isTrue();
    assertThat(journal.page(pool(), "", 10)).containsExactly(new NamedUuid("pvc-1", STRANGER));
    journal.undo(stores(), entry);
    assertThat(omap(pool(), DIRECTORY)).isEmpty();
  }

  @Test
  void legacyValue_ofAnotherPool_isRefused() {
    String value = "%016x/%s".formatted(pools().other().id(), STRANGER);
    directory("pvc-1", value);
    assertThatThrownBy(() -> journal.reserve(stores(), PVC_1))
        .isInstanceOf(JournalConflict.class)
        .hasMessageContaining("pvc-1")
        .hasMessageContaining("pool with id " + pools().other().id());
    assertThatThrownBy(() -> journal.reserve(Stores.of(pool(), _ -> true), PVC_1))
        .isInstanceOf(JournalConflict.class);
    assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.volume.pvc-1", value));
    assertThat(pools().objects()).containsExactly(DIRECTORY);
  }

  @Test
  void legacyValue_ofAPoolThatIsGone_startsAnew() {
    directory("pvc-1", GONE + "/" + STRANGER);
    put(pool(), "csi.volume." + STRANGER, Map.of());
    List<Long> asked = new ArrayList<>();
    Stores stores = Stores.of(pool(), id -> !asked.add(id));

    assertThat(journal.reserve(stores, PVC_1)).isInstanceOf(Reservation.Fresh.class);

    assertThat(asked).containsExactly(1_000_000L);
    assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.volume.pvc-1", SECOND));
    // This pool's object of the same UUID is none of the name's business.
    assertThat(pools().objects()).contains("csi.volume." + STRANGER);
  }

  @Test
  void valueOfAnotherForm_isRefused() {
    for (String value : List.of("x", STRANGER + "0", "2/" + STRANGER, GONE + "/", "a/b/c")) {
      put(pool(), DIRECTORY, Map.of("csi.volume.pvc-1", value));
      assertThatThrownBy(() -> journal.reserve(stores(), PVC_1))
          .isInstanceOf(JournalConflict.class)
          .hasMessageContaining("\"" + value + "\"");
      assertThat(omap(pool(), DIRECTORY)).isEqualTo(Map.of("csi.volume.pvc-1", value));
    }
  }

  @Test
  void directoryInAnotherPool_isWrittenAndReadAsOldCephCsiDid() {
    Pool names = pools().other();
    var stores = new Stores(names, pool(), _ -> true);

    VolumeEntry entry = journal.reserve(stores, PVC_1).entry();

    assertThat(omap(names, DIRECTORY))
        .isEqualTo(Map.of("csi.volume.pvc-1", "%016x/%s".formatted(pool().id(), FIRST)));
    assertThat(omap(pool(), "csi.volume." + FIRST))
        .containsEntry("csi.journalpool", "%016x".formatted(names.id()));
    assertThat(journal.reserve(stores, PVC_1)).isEqualTo(new Reservation.Found(entry));
    assertThat(journal.nameIsHeld(names, entry)).isTrue();
    journal.undo(stores, entry);
    assertThat(omap(names, DIRECTORY)).isEmpty();
    assertThat(pools().objects()).isEmpty();
  }

  @Test
  void page_walksAllNamesAndNothingElse() {
    List<String> expected = IntStream.range(0, 25).mapToObj("pvc-%02d"::formatted).toList();
    expected.forEach(name -> fresh(request(name)));
    // Foreign keys on both sides, more of them than a page has room for.
    IntStream.range(0, 30)
        .forEach(i -> put(pool(), DIRECTORY, Map.of("a" + i, "?", "zz" + i, "?")));

    var names = new ArrayList<String>();
    var sizes = new ArrayList<Integer>();
    List<NamedUuid> page = journal.page(pool(), "", 10);
    while (!page.isEmpty()) {
      sizes.add(page.size());
      page.forEach(entry -> names.add(entry.name()));
      page = journal.page(pool(), page.getLast().name(), 10);
    }

    assertThat(names).isEqualTo(expected);
    assertThat(sizes).containsExactly(10, 10, 5);
  }

  @Test
  void page_ofNoDirectory_isEmpty() {
    assertThat(journal.page(pool(), "", 10)).isEmpty();
  }

  @Test
  void uuidOf_takesTheEndOfAnImagesName() {
    assertThat(journal.uuidOf("any-" + STRANGER)).contains(STRANGER);
    assertThat(journal.uuidOf(STRANGER)).contains(STRANGER);
    assertThat(journal.uuidOf("csi-vol-" + STRANGER + "-temp")).isEmpty();
    assertThat(journal.uuidOf("short")).isEmpty();
  }

  @Test
  void reserve_twoProcessesAtOnce_endWithOneReservation() throws Exception {
    var random = new VolumeJournal("default", UUID::randomUUID);
    var together = new CyclicBarrier(2);
    try (var threads = Executors.newFixedThreadPool(2)) {
      for (int i = 0; i < 50; i++) {
        VolumeRequest request = request("pvc-" + i);
        var one = threads.submit(racer(together, random, pool(), request));
        var two = threads.submit(racer(together, random, pools().same(), request));
        assertThat(one.get().entry()).isEqualTo(two.get().entry());
        assertThat(List.of(one.get(), two.get()))
            .hasAtLeastOneElementOfType(Reservation.Fresh.class)
            .hasAtLeastOneElementOfType(Reservation.Found.class);
      }
    }
    assertThat(omap(pool(), DIRECTORY)).hasSize(50);
    assertThat(pools().objects()).hasSize(51);
  }

  private static Callable<Reservation> racer(
      CyclicBarrier together, VolumeJournal journal, Pool pool, VolumeRequest request) {
    return () -> {
      together.await();
      return journal.reserve(Stores.of(pool), request);
    };
  }
}
