package io.cephcsi.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.Pool;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the journal of volumes does, on any pool: objects, keys and values are ceph-csi's. */
abstract class JournalContract {
  private static final String KNOWN = "b0285c97-a0ce-11eb-8c66-0242ac110002";

  /** A name of its own for each test, since a real pool is shared by them. */
  private String instance = "";

  private VolumeJournal journal = new VolumeJournal("", UUID::randomUUID);

  /** The pool, open; the same at each call in one test. */
  abstract Pool pool();

  /** The same pool on a handle of its own, for another thread; the caller closes it. */
  abstract Pool another();

  @BeforeEach
  void newInstance() {
    instance = UUID.randomUUID().toString();
    journal = new VolumeJournal(instance, UUID::randomUUID);
  }

  @Test
  void reserve_newName_writesWhatCephCsiWrites() {
    var fixed = new VolumeJournal(instance, () -> UUID.fromString(KNOWN));
    pool().remove("csi.volume." + KNOWN);

    var made = fixed.reserve(stores(), new VolumeRequest("pvc-1", "vol-", "shop", "{}"));

    assertThat(made).isInstanceOf(Reservation.Fresh.class);
    assertThat(pool().list("csi.volumes." + instance, "", 10))
        .isEqualTo(new TreeMap<>(Map.of("csi.volume.pvc-1", KNOWN)));
    assertThat(pool().list("csi.volume." + KNOWN, "", 10))
        .isEqualTo(
            new TreeMap<>(
                Map.of(
                    "csi.volname", "pvc-1",
                    "csi.imagename", "vol-" + KNOWN,
                    "csi.volume.owner", "shop",
                    "cephcsi.parameters", "{}")));
    pool().remove("csi.volume." + KNOWN);
  }

  @Test
  void reserve_sameNameTwice_findsTheFirst() {
    var first = reserve("pvc-1").entry();

    assertThat(reserve("pvc-1")).isEqualTo(new Reservation.Found(first));
  }

  @Test
  void reserve_namesOfAllKinds_areKeptApart() {
    String longName = "x".repeat(1000);

    var entries = Set.of(reserve("é").entry(), reserve(longName).entry(), reserve("pvc 1").entry());

    assertThat(entries).hasSize(3);
    assertThat(reserve(longName).entry().requestName()).isEqualTo(longName);
    assertThat(reserve("é").entry().requestName()).isEqualTo("é");
  }

  @Test
  void reserve_keyWithoutObject_startsAnew() {
    pool().compareAndPut("csi.volumes." + instance, "csi.volume.pvc-1", "", KNOWN);

    assertThat(reserve("pvc-1")).isInstanceOf(Reservation.Fresh.class);
    assertThat(reserve("pvc-1")).isInstanceOf(Reservation.Found.class);
  }

  @Test
  void reserve_keyWithEmptyObjectOfCephCsi_startsAnewAndRemovesIt() {
    String uuid = UUID.randomUUID().toString();
    pool().create("csi.volume." + uuid, Map.of());
    pool().compareAndPut("csi.volumes." + instance, "csi.volume.pvc-1", "", uuid);

    assertThat(reserve("pvc-1")).isInstanceOf(Reservation.Fresh.class);

    assertThat(pool().update("csi.volume." + uuid, Map.of("a", "b"))).isFalse();
  }

  @Test
  void reserve_objectOfAnotherName_isRefusedAndNothingChanges() {
    var other = reserve("pvc-2").entry();
    pool().compareAndPut("csi.volumes." + instance, "csi.volume.pvc-1", "", other.uuid());

    assertThatThrownBy(() -> reserve("pvc-1"))
        .isInstanceOf(JournalConflict.class)
        .hasMessageContaining("pvc-2");

    assertThat(reserve("pvc-2")).isEqualTo(new Reservation.Found(other));
  }

  @Test
  void reserve_legacyValueOfThisPool_isFound() {
    var entry = reserve("pvc-1").entry();
    String legacy = "%016x/%s".formatted(pool().id(), entry.uuid());
    pool().compareAndPut("csi.volumes." + instance, "csi.volume.pvc-1", entry.uuid(), legacy);

    assertThat(reserve("pvc-1")).isEqualTo(new Reservation.Found(entry));
    journal.undo(stores(), entry);
    assertThat(reserve("pvc-1")).isInstanceOf(Reservation.Fresh.class);
  }

  @Test
  void reserve_legacyValueOfAnotherPool_isNeverTakenForNew() {
    String legacy = "%016x/%s".formatted(4711, KNOWN);
    pool().compareAndPut("csi.volumes." + instance, "csi.volume.pvc-1", "", legacy);

    assertThatThrownBy(() -> reserve("pvc-1"))
        .isInstanceOf(JournalConflict.class)
        .hasMessageContaining("4711");
  }

  @Test
  void reserve_manyAtOnce_endWithOneReservationAndNoOrphan() {
    Set<String> made = Collections.synchronizedSet(new HashSet<>());
    List<CompletableFuture<String>> racing = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      racing.add(CompletableFuture.supplyAsync(() -> race(made)));
    }

    Set<String> winners = new HashSet<>();
    racing.forEach(f -> winners.add(f.join()));

    assertThat(winners).hasSize(1);
    made.removeAll(winners);
    made.forEach(
        uuid -> assertThat(pool().update("csi.volume." + uuid, Map.of("a", "b"))).isFalse());
  }

  private String race(Set<String> made) {
    try (Pool pool = another()) {
      var racer = new VolumeJournal(instance, () -> remembered(made));
      return racer.reserve(Stores.of(pool), request("pvc-1")).entry().uuid();
    }
  }

  private static UUID remembered(Set<String> made) {
    var uuid = UUID.randomUUID();
    made.add(uuid.toString());
    return uuid;
  }

  @Test
  void read_objectOfCephCsi_givesDefaults() {
    String uuid = UUID.randomUUID().toString();
    pool().create("csi.volume." + uuid, Map.of("csi.volname", "pvc-1", "csi.future", "x"));

    var entry = journal.read(pool(), uuid).orElseThrow();

    assertThat(entry.imageName()).isEqualTo("csi-vol-" + uuid);
    assertThat(entry.imageId()).isEmpty();
    assertThat(entry.parameters()).isEmpty();
    assertThat(journal.read(pool(), UUID.randomUUID().toString())).isEmpty();
    pool().remove("csi.volume." + uuid);
  }

  @Test
  void storeImageId_keepsUnknownKeysAndNeverBringsBackARemovedObject() {
    var entry = reserve("pvc-1").entry();
    pool().update("csi.volume." + entry.uuid(), Map.of("csi.future", "x"));

    journal.storeImageId(pool(), entry.uuid(), "10ab");

    assertThat(pool().list("csi.volume." + entry.uuid(), "", 10))
        .containsEntry("csi.imageid", "10ab")
        .containsEntry("csi.future", "x");
    journal.undo(stores(), entry);
    journal.storeImageId(pool(), entry.uuid(), "10ab");
    assertThat(journal.read(pool(), entry.uuid())).isEmpty();
  }

  @Test
  void forgetName_ownedByAnotherVolumeNow_isLeftAlone() {
    var old = reserve("pvc-1").entry();
    journal.forgetName(stores(), old);
    var current = reserve("pvc-1").entry();

    journal.forgetName(stores(), old);

    assertThat(reserve("pvc-1")).isEqualTo(new Reservation.Found(current));
    assertThat(journal.nameIsHeld(pool(), old)).isFalse();
    assertThat(journal.nameIsHeld(pool(), current)).isTrue();
    assertThat(journal.read(pool(), old.uuid())).contains(old);
  }

  @Test
  void undo_twice_leavesNothing() {
    var entry = reserve("pvc-1").entry();

    journal.undo(stores(), entry);
    journal.undo(stores(), entry);

    assertThat(pool().list("csi.volumes." + instance, "", 10)).isEmpty();
    assertThat(journal.read(pool(), entry.uuid())).isEmpty();
  }

  @Test
  void page_severalPages_haveEachNameOnce() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      names.add("pvc-" + i);
      reserve("pvc-" + i);
    }

    List<String> seen = new ArrayList<>();
    List<NamedUuid> page = journal.page(pool(), "", 3);
    while (!page.isEmpty()) {
      page.forEach(named -> seen.add(named.name()));
      page = journal.page(pool(), seen.getLast(), 3);
    }

    assertThat(seen).isEqualTo(names);
  }

  @Test
  void uuidOf_imageName_isItsEnd() {
    assertThat(journal.uuidOf("any-prefix-" + KNOWN)).contains(KNOWN);
    assertThat(journal.uuidOf(KNOWN + "-temp")).isEmpty();
    assertThat(journal.uuidOf("short")).isEmpty();
  }

  private Stores stores() {
    return Stores.of(pool());
  }

  private static VolumeRequest request(String name) {
    return new VolumeRequest(name, "csi-vol-", "", "");
  }

  private Reservation reserve(String name) {
    return journal.reserve(stores(), request(name));
  }
}
