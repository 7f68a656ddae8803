package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What a {@link Pool} does, whether it is in memory or on a real Ceph. */
abstract class PoolContract {
  private static final long MIB = 1L << 20;

  /** A pool without objects and images; the implementing class closes it after the test. */
  abstract Pool pool();

  /** A second handle to the same pool and namespace. */
  abstract Pool samePool();

  /** A handle to the same pool's namespace of that name, in which no images can be made. */
  abstract Pool otherNamespace(String namespace);

  @Test
  void imageDataPool_withoutOne_isEmptyAndOfNoImageRefused() {
    pool().createImage("plain", 1 << 20, ImageOptions.DEFAULT);
    assertThat(pool().imageDataPool(pool().imageId("plain").orElseThrow())).isEmpty();
    assertThatThrownBy(() -> pool().imageDataPool("none"))
        .isInstanceOfSatisfying(
            CephException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void imageState_tellsSizeSnapshotsAndBirth() {
    Instant before = Instant.now().minusSeconds(5);
    pool().createImage("i", 3 * MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    assertThat(pool().imageState(id).orElseThrow())
        .satisfies(s -> assertThat(s.sizeBytes()).isEqualTo(3 * MIB))
        .satisfies(s -> assertThat(Feature.LAYERING.in(s.features())).isTrue())
        .satisfies(s -> assertThat(s.snapshots()).isEmpty())
        .satisfies(s -> assertThat(s.parent()).isNull())
        .satisfies(s -> assertThat(s.createdAt()).isBetween(before, Instant.now().plusSeconds(5)));
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("a");
      image.createSnapshot("b");
      assertThat(pool().imageState(id).orElseThrow().snapshots())
          .containsExactlyInAnyOrderElementsOf(
              image.snapshots().stream().map(ImageSnapshot::id).toList());
    }
    pool().cloneImage(pool(), "i", "a", "c", layering());
    String clone = pool().imageId("c").orElseThrow();
    assertThat(pool().imageState(clone).orElseThrow().parent())
        .isEqualTo(pool().imageParent(clone).orElseThrow());
    assertThat(pool().imageState("none")).isEmpty();
  }

  @Test
  void snapshotHeaders_tellWhatTheImageTellsAndTheClones() {
    pool().createImage("i", 3 * MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("a");
      image.createSnapshot("b");
      pool().cloneImage(pool(), "i", "a", "c", layering());
      pool().cloneImage(pool(), "i", "a", "d", layering());
      image.removeSnapshot("a");
      List<ImageSnapshot> snapshots = image.snapshots();

      List<Long> ids = new ArrayList<>(pool().imageState(id).orElseThrow().snapshots());
      ids.add(0x7fff_ffffL);
      List<SnapshotHeader> headers = pool().snapshotHeaders(id, ids);

      assertThat(headers)
          .extracting(SnapshotHeader::snapshot)
          .containsExactlyInAnyOrderElementsOf(snapshots);
      assertThat(headers)
          .extracting(h -> h.snapshot().name(), SnapshotHeader::clones)
          .containsExactlyInAnyOrder(tuple("a", 2), tuple("b", 0));
      assertThat(headers).noneMatch(SnapshotHeader::abandoned);
    }
    assertThat(pool().snapshotHeaders(id, List.of())).isEmpty();
    assertThat(pool().snapshotHeaders("none", List.of(1L))).isEmpty();
  }

  /** As {@link #trashRemove_withASnapshotThatAClientLeft_removesBoth}, of an image that stays. */
  @Test
  void removeSnapshot_byId_alsoOneWithoutANameThatNoCloneKeeps() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("left");
      image.createSnapshot("kept");
      pool().cloneImage(pool(), "i", "kept", "c", layering());
      image.removeSnapshot("kept");
      image.createSnapshot("named");
    }
    try (Image image = pool().openImageReadOnly("i")) {
      pool().takeSnapshotName(id, named(image, "left").id());
    }
    try (Image image = pool().openImage("i")) {
      long left = named(image, "left").id();
      assertThat(pool().snapshotHeaders(id, List.of(left)))
          .singleElement()
          .matches(SnapshotHeader::abandoned);

      image.removeSnapshot(left);
      image.removeSnapshot(named(image, "named").id());

      assertThat(image.snapshots()).extracting(ImageSnapshot::name).containsExactly("kept");
      assertErrno(Errno.ENOENT, () -> image.removeSnapshot(left));
      assertErrno(Errno.EBUSY, () -> image.removeSnapshot(named(image, "kept").id()));
    }
  }

  private static ImageSnapshot named(Image image, String snapshot) {
    return image.snapshots().stream()
        .filter(s -> s.name().equals(snapshot))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void addSnapshot_isAsLibrbdsOwn() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    pool().addSnapshot(id, "ours");
    try (Image image = pool().openImage("i")) {
      assertErrno(Errno.EEXIST, () -> image.createSnapshot("ours"));
      image.createSnapshot("librbd's");
      assertErrno(Errno.EEXIST, () -> pool().addSnapshot(id, "librbd's"));
      pool().addSnapshot(id, "seen by who has it open");

      assertThat(image.snapshots())
          .extracting(ImageSnapshot::name, ImageSnapshot::kind, ImageSnapshot::sizeBytes)
          .containsExactly(
              tuple("ours", ImageSnapshot.Kind.USER, MIB),
              tuple("librbd's", ImageSnapshot.Kind.USER, MIB),
              tuple("seen by who has it open", ImageSnapshot.Kind.USER, MIB));
    }
    assertErrno(Errno.ENOENT, () -> pool().addSnapshot("0123456789ab", "ours"));

    pool().cloneImage(pool(), "i", "ours", "c", layering());
    try (Image image = pool().openImage("i")) {
      image.removeSnapshot("ours");
      image.removeSnapshot("librbd's");
      image.removeSnapshot("seen by who has it open");
      assertThat(image.snapshots())
          .extracting(ImageSnapshot::kind)
          .containsExactly(ImageSnapshot.Kind.TRASH); // the clone keeps it
    }
    pool().removeImage("c");
    pool().removeImage("i");
  }

  @Test
  void addSnapshot_keepsWhatWasThere_alsoFromWhoHasTheImageOpen() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    try (Image image = pool().openImage("i")) {
      image.write(0, bytes(9000, 1));
      pool().addSnapshot(id, "s");
      image.write(0, bytes(9000, 2));
    }
    pool().cloneImage(pool(), "i", "s", "c", layering());
    try (Image clone = pool().openImageReadOnly("c");
        Image image = pool().openImageReadOnly("i")) {
      assertThat(read(clone, 0, 9000)).isEqualTo(bytes(9000, 1));
      assertThat(read(image, 0, 9000)).isEqualTo(bytes(9000, 2));
    }
  }

  @Test
  void takeSnapshotName_letsTheImageGo() {
    // By default it has an object map, of which each snapshot has one too.
    for (ImageOptions options : List.of(layering(), ImageOptions.DEFAULT)) {
      pool().createImage("i", MIB, options);
      String id = pool().imageId("i").orElseThrow();
      try (Image image = pool().openImage("i")) {
        image.createSnapshot("s");
      }

      takeNames(id);
      takeNames(id);

      assertErrno(Errno.ENOENT, () -> pool().cloneImage(pool(), "i", "s", "c", layering()));
      pool().trashMove("i", Duration.ZERO);
      pool().trashRemove(id);
      assertThat(pool().imageState(id)).isEmpty();
      assertErrno(Errno.ENOENT, () -> pool().takeSnapshotName(id, 1));
    }
  }

  @Test
  void takeSnapshotName_withAClone_keepsBothUntilTheCloneIsGone() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("s");
    }
    pool().cloneImage(pool(), "i", "s", "c", layering());

    takeNames(id);

    pool().trashMove("i", Duration.ZERO);
    assertErrno(Errno.ENOTEMPTY, () -> pool().trashRemove(id));
    pool().removeImage("c");
    assertThat(pool().imageState(id).orElseThrow().snapshots()).isEmpty();
    pool().trashRemove(id);
  }

  private void takeNames(String imageId) {
    pool()
        .imageState(imageId)
        .orElseThrow()
        .snapshots()
        .forEach(snapshot -> pool().takeSnapshotName(imageId, snapshot));
  }

  @Test
  void imageWatchers_areCounted() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    assertThat(pool().imageWatchers(id)).isZero();
    try (Image one = pool().openImage("i");
        Image two = pool().openImage("i")) {
      assertThat(one.id()).isEqualTo(two.id());
      assertThat(samePool().imageWatchers(id)).isEqualTo(2);
    }
    assertThat(pool().imageWatchers(id)).isZero();
    assertErrno(Errno.ENOENT, () -> pool().imageWatchers("none"));
  }

  @Test
  void changedAt_isWhenTheOmapWasWritten() {
    Instant before = Instant.now().minusSeconds(5);
    assertThat(pool().changedAt("o")).isEmpty();
    pool().create("o", Map.of());
    assertThat(pool().changedAt("o").orElseThrow()).isAfter(before);
    assertThat(pool().compareAndPut("o", "a", "", "1")).isTrue();
    assertThat(pool().changedAt("o").orElseThrow()).isBetween(before, Instant.now().plusSeconds(5));
  }

  @Test
  void forEachObject_namesAllOfTheNamespaceAlone() {
    List<String> made = IntStream.range(0, 40).mapToObj(i -> "o-" + i).toList();
    made.forEach(object -> pool().create(object, Map.of("a", "1")));
    otherNamespace("other").create("foreign", Map.of());
    var seen = new ArrayList<String>();
    pool().forEachObject(seen::add);
    assertThat(seen).containsAll(made).doesNotContain("foreign").doesNotHaveDuplicates();
  }

  @Test
  void forEachObject_ofAllNamespaces_namesThemAll() {
    pool().create("here", Map.of());
    otherNamespace("other").create("foreign", Map.of());
    var seen = new ArrayList<String>();
    otherNamespace(Pool.ALL_NAMESPACES).forEachObject(seen::add);
    assertThat(seen).contains("here", "foreign");
  }

  @Test
  void get_missingObject_isEmpty() {
    assertThat(pool().get("nowhere", Set.of("a"))).isEmpty();
  }

  @Test
  void get_someKeys_givesThoseThatAreThere() {
    pool().create("o", Map.of("a", "1", "b", "2", "c", "3"));
    assertThat(pool().get("o", Set.of("a", "c", "x"))).isEqualTo(Map.of("a", "1", "c", "3"));
    assertThat(pool().get("o", Set.of())).isEmpty();
  }

  @Test
  void create_existingObject_isRefusedAndChangesNothing() {
    assertThat(pool().create("o", Map.of("a", "1"))).isTrue();
    assertThat(pool().create("o", Map.of("a", "2", "b", "2"))).isFalse();
    assertThat(samePool().list("o", "", 10)).isEqualTo(Map.of("a", "1"));
  }

  @Test
  void create_withoutEntries_makesTheObject() {
    assertThat(pool().create("o", Map.of())).isTrue();
    assertThat(pool().create("o", Map.of())).isFalse();
    assertThat(pool().list("o", "", 10)).isEmpty();
  }

  @Test
  void values_ofAnyText_comeBackAsTheyWere() {
    Map<String, String> odd = new HashMap<>();
    odd.put("empty", "");
    odd.put("nul", "a\0b");
    odd.put("newline", "a\nb\n");
    odd.put("ключ ключ", "значение 値 🦑");
    odd.put("long", "x".repeat(100_000));
    pool().create("объект", odd);
    assertThat(pool().get("объект", odd.keySet())).isEqualTo(odd);
    assertThat(pool().list("объект", "", 100)).isEqualTo(odd);
  }

  @Test
  void list_byPages_givesEveryEntryOnceInOrder() {
    var all = new TreeMap<String, String>();
    for (int i = 0; i < 1500; i++) {
      all.put("key-%04d".formatted(i), "value " + i);
    }
    pool().create("o", all);

    var seen = new TreeMap<String, String>();
    int pages = 0;
    var page = pool().list("o", "", 400);
    while (!page.isEmpty()) {
      pages++;
      assertThat(page.firstKey()).isGreaterThan(seen.isEmpty() ? "" : seen.lastKey());
      seen.putAll(page);
      page = pool().list("o", seen.lastKey(), 400);
    }
    assertThat(seen).isEqualTo(all);
    assertThat(pages).isEqualTo(4);
  }

  @Test
  void list_missingObject_isEmpty() {
    assertThat(pool().list("nowhere", "", 10)).isEmpty();
  }

  @Test
  void update_missingObject_isNotMade() {
    assertThat(pool().update("o", Map.of("a", "1"))).isFalse();
    assertThat(pool().create("o", Map.of())).isTrue();
  }

  @Test
  void update_existingObject_setsThoseAndKeepsOthers() {
    pool().create("o", Map.of("a", "1", "b", "2"));
    assertThat(pool().update("o", Map.of("b", "3", "c", "4"))).isTrue();
    assertThat(pool().list("o", "", 10)).isEqualTo(Map.of("a", "1", "b", "3", "c", "4"));
  }

  @Test
  void updateAsync_many_areAllDone() {
    pool().create("o", Map.of());
    List<CompletableFuture<Boolean>> started =
        IntStream.range(0, 50)
            .mapToObj(i -> pool().updateAsync("o", Map.of("key-" + i, "" + i)))
            .toList();
    assertThat(started).allMatch(CompletableFuture::join);
    assertThat(pool().list("o", "", 100)).hasSize(50).containsEntry("key-49", "49");
    assertThat(pool().updateAsync("nowhere", Map.of("a", "1")).join()).isFalse();
  }

  @Test
  void updateAsync_closingThePool_waitsForIt() {
    pool().create("o", Map.of());
    Pool pool = samePool();
    CompletableFuture<Boolean> started = pool.updateAsync("o", Map.of("a", "1"));
    pool.close();
    assertThat(pool().get("o", Set.of("a"))).isEqualTo(Map.of("a", "1"));
    assertThat(started.join()).isTrue();
  }

  @Test
  void compareAndPut_missingObject_makesIt() {
    assertThat(pool().compareAndPut("dir", "name", "", "uuid")).isTrue();
    assertThat(pool().get("dir", Set.of("name"))).isEqualTo(Map.of("name", "uuid"));
  }

  @Test
  void compareAndPut_otherValue_isRefusedAndChangesNothing() {
    pool().create("dir", Map.of("name", "one"));
    assertThat(pool().compareAndPut("dir", "name", "", "two")).isFalse();
    assertThat(pool().compareAndPut("dir", "name", "zero", "two")).isFalse();
    assertThat(pool().compareAndPut("dir", "name", "on", "two")).isFalse();
    assertThat(pool().get("dir", Set.of("name"))).isEqualTo(Map.of("name", "one"));
  }

  @Test
  void compareAndPut_expectedValue_replacesIt() {
    pool().create("dir", Map.of("name", "one"));
    assertThat(pool().compareAndPut("dir", "name", "one", "two")).isTrue();
    assertThat(pool().get("dir", Set.of("name"))).isEqualTo(Map.of("name", "two"));
  }

  @Test
  void compareAndPut_valueExpectedOfMissingObject_doesNotMakeIt() {
    assertThat(pool().compareAndPut("dir", "name", "one", "two")).isFalse();
    assertThat(pool().create("dir", Map.of())).isTrue();
  }

  @Test
  void compareAndPut_emptyValue_countsAsMissing() {
    pool().create("dir", Map.of("name", ""));
    assertThat(pool().compareAndPut("dir", "name", "", "two")).isTrue();
  }

  @Test
  void compareAndRemoveKey_removesTheExpectedValueOnly() {
    pool().create("dir", Map.of("name", "one", "other", "x"));
    assertThat(pool().compareAndRemoveKey("dir", "name", "two")).isFalse();
    assertThat(pool().compareAndRemoveKey("dir", "name", "one")).isTrue();
    assertThat(pool().compareAndRemoveKey("dir", "name", "one")).isFalse();
    assertThat(pool().compareAndRemoveKey("nowhere", "name", "one")).isFalse();
    assertThat(pool().list("dir", "", 10)).isEqualTo(Map.of("other", "x"));
  }

  @Test
  void compareAndRemoveKey_nothingExpected_isAnError() {
    assertThatThrownBy(() -> pool().compareAndRemoveKey("dir", "name", ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void compareAndUpdate_allAsExpected_setsAndRemovesInOne() {
    assertThat(pool().create("o", Map.of("a", "1", "b", "2"))).isTrue();

    assertThat(
            pool()
                .compareAndUpdate(
                    "o", Map.of("a", "1", "missing", ""), Map.of("c", "3"), Set.of("b", "x")))
        .isTrue();

    assertThat(pool().list("o", "", 10)).isEqualTo(Map.of("a", "1", "c", "3"));
  }

  @Test
  void compareAndUpdate_anyOtherValueOrNoObject_changesNothing() {
    assertThat(pool().create("o", Map.of("a", "1", "b", "2"))).isTrue();

    for (var expected :
        List.of(Map.of("a", "1", "b", "3"), Map.of("a", ""), Map.of("a", "1", "c", "1"))) {
      assertThat(pool().compareAndUpdate("o", expected, Map.of("d", "4"), Set.of("a"))).isFalse();
    }
    assertThat(pool().compareAndUpdate("p", Map.of("a", ""), Map.of("d", "4"), Set.of())).isFalse();

    assertThat(pool().list("o", "", 10)).isEqualTo(Map.of("a", "1", "b", "2"));
    assertThat(pool().create("p", Map.of())).isTrue();
  }

  @Test
  void removeKeys_missingOnes_areNoError() {
    pool().create("o", Map.of("a", "1", "b", "2"));
    pool().removeKeys("o", Set.of("a", "x"));
    pool().removeKeys("nowhere", Set.of("a"));
    assertThat(pool().list("o", "", 10)).isEqualTo(Map.of("b", "2"));
    assertThat(pool().create("nowhere", Map.of())).isTrue();
  }

  @Test
  void remove_twice_isNoError() {
    pool().create("o", Map.of("a", "1"));
    pool().remove("o");
    pool().remove("o");
    assertThat(pool().list("o", "", 10)).isEmpty();
  }

  @Test
  void namespaces_areApart() {
    pool().create("o", Map.of("a", "1"));
    Pool other = otherNamespace("elsewhere");
    assertThat(other.namespace()).isEqualTo("elsewhere");
    assertThat(other.list("o", "", 10)).isEmpty();
    assertThat(other.create("o", Map.of("a", "2"))).isTrue();
    assertThat(pool().get("o", Set.of("a"))).isEqualTo(Map.of("a", "1"));
    other.remove("o");
  }

  @Test
  void createImage_inNamespaceThatWasNotMade_isNotFound() {
    assertErrno(Errno.ENOENT, () -> otherNamespace("nowhere").createImage("i", MIB, layering()));
  }

  @Test
  void createImage_twice_existsAlready() {
    pool().createImage("i", 4 * MIB, layering());
    assertErrno(Errno.EEXIST, () -> pool().createImage("i", 4 * MIB, layering()));
  }

  @Test
  void createImage_withOptions_hasThem() {
    pool().createImage("i", 10 * MIB, features(Feature.LAYERING, Feature.EXCLUSIVE_LOCK));
    String id = pool().imageId("i").orElseThrow();
    assertThat(pool().imageHeader(id))
        .contains(new ImageHeader(10 * MIB, Feature.LAYERING.bit() | Feature.EXCLUSIVE_LOCK.bit()));
  }

  @Test
  void createImage_striped_isStriped() {
    pool().createImage("i", 16 * MIB, new ImageOptions(1, "", MIB, 4, 4 * MIB));
    String id = pool().imageId("i").orElseThrow();
    assertThat(Feature.STRIPING.in(pool().imageHeader(id).orElseThrow().features())).isTrue();
  }

  @Test
  void createImage_byDefault_hasTheClustersFeatures() {
    pool().createImage("i", MIB, ImageOptions.DEFAULT);
    String id = pool().imageId("i").orElseThrow();
    assertThat(pool().imageHeader(id)).contains(new ImageHeader(MIB, 61));
  }

  @Test
  void createImage_objectMapWithoutLock_isInvalid() {
    ImageOptions options = features(Feature.LAYERING, Feature.OBJECT_MAP);
    assertErrno(Errno.EINVAL, () -> pool().createImage("i", MIB, options));
    assertErrno(Errno.EINVAL, () -> pool().createImage("i", MIB, features(Feature.JOURNALING)));
    assertThat(pool().imageId("i")).isEmpty();
  }

  @Test
  void createImage_halfStriping_isInvalid() {
    var options = new ImageOptions(1, "", MIB, 0, 4 * MIB);
    assertErrno(Errno.EINVAL, () -> pool().createImage("i", MIB, options));
  }

  @Test
  void createImage_objectsTooSmallOrLarge_areOutOfDomain() {
    assertErrno(
        Errno.EDOM, () -> pool().createImage("i", MIB, new ImageOptions(1, "", 0, 0, 2048)));
    assertErrno(
        Errno.EDOM, () -> pool().createImage("i", MIB, new ImageOptions(1, "", 0, 0, 64 * MIB)));
  }

  @Test
  void createImage_stripesThatDoNotFitObjects_areInvalid() {
    var options = new ImageOptions(1, "", 3000, 4, 4 * MIB);
    assertErrno(Errno.EINVAL, () -> pool().createImage("i", MIB, options));
  }

  @Test
  void createImage_missingDataPool_isNotFound() {
    var options = new ImageOptions(1, "nowhere", 0, 0, 0);
    assertErrno(Errno.ENOENT, () -> pool().createImage("i", MIB, options));
    assertThat(pool().images()).isEmpty();
  }

  @Test
  void imageId_missingImage_isEmpty() {
    assertThat(pool().imageId("i")).isEmpty();
    assertThat(pool().imageHeader("ffff")).isEmpty();
  }

  @Test
  void imageIds_areOfThoseThatAreThere() {
    assertThat(pool().imageIds(List.of("i"))).isEmpty();
    pool().createImage("i", MIB, layering());
    pool().createImage("ä", MIB, layering());
    pool().createImage("trashed", MIB, layering());
    pool().trashMove("trashed", Duration.ZERO);

    assertThat(pool().imageIds(List.of("none", "i", "trashed", "ä")))
        .isEqualTo(
            Map.of("i", pool().imageId("i").orElseThrow(), "ä", pool().imageId("ä").orElseThrow()));
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // the opening fails, or is closed on purpose
  void openImage_missing_isNotFound() {
    assertErrno(Errno.ENOENT, () -> pool().openImage("i").close());
    assertErrno(Errno.ENOENT, () -> pool().openImageReadOnly("i").close());
    assertErrno(Errno.ENOENT, () -> pool().openImageById("ffff").close());
    assertErrno(Errno.ENOENT, () -> pool().openImageByIdReadOnly("ffff").close());
  }

  @Test
  void openImage_tellsWhatItIs() {
    Instant before = Instant.now().minusSeconds(2);
    pool().createImage("i", 10 * MIB, layering());
    try (Image image = pool().openImageReadOnly("i")) {
      assertThat(image.id()).isEqualTo(pool().imageId("i").orElseThrow());
      assertThat(image.sizeBytes()).isEqualTo(10 * MIB);
      assertThat(image.features()).isEqualTo(Feature.LAYERING.bit());
      assertThat(image.parent()).isEmpty();
      assertThat(image.watchers()).isEmpty();
      assertThat(image.mirrored()).isFalse();
      assertThat(image.createdAt()).isBetween(before, Instant.now().plusSeconds(2));
    }
  }

  @Test
  void openImage_forWriting_isItsOwnWatcherUntilClosed() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    assertThat(pool().imageWatched(id)).isFalse();
    try (Image image = samePool().openImageById(id)) {
      assertThat(image.watchers()).hasSize(1);
      assertThat(pool().imageWatched(id)).isTrue();
    }
    assertThat(pool().imageWatched(id)).isFalse();
  }

  @Test
  void imageWatched_missingImage_isNotFound() {
    assertErrno(Errno.ENOENT, () -> pool().imageWatched("ffff"));
  }

  @Test
  void resize_changesTheSizeBothWays() {
    pool().createImage("i", 4 * MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.resize(12 * MIB);
      assertThat(image.sizeBytes()).isEqualTo(12 * MIB);
      image.resize(2 * MIB);
    }
    String id = pool().imageId("i").orElseThrow();
    assertThat(pool().imageHeader(id).orElseThrow().sizeBytes()).isEqualTo(2 * MIB);
  }

  @Test
  void resize_openedReadOnly_isRefused() {
    pool().createImage("i", 4 * MIB, layering());
    try (Image image = pool().openImageReadOnly("i")) {
      assertErrno(Errno.EROFS, () -> image.resize(8 * MIB));
    }
  }

  @Test
  void metadata_isSetReadAndRemoved() {
    pool().createImage("i", MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.putMetadata("a", "1");
      image.putMetadata("имя", "値");
      image.putMetadata("a", "2");
      assertThat(image.metadata()).isEqualTo(Map.of("a", "2", "имя", "値"));
      image.removeMetadata("a");
      image.removeMetadata("never");
      assertThat(image.metadata()).isEqualTo(Map.of("имя", "値"));
    }
  }

  @Test
  void changeImageMetadata_withoutOpening_isReadByOpening() {
    pool().createImage("i", MIB, layering());
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      many.put("csi.example.com/key/" + i, "värde ".repeat(i % 20) + i);
    }
    pool().changeImageMetadata(pool().imageId("i").orElseThrow(), Set.of("none"), many);
    try (Image image = pool().openImageReadOnly("i")) {
      assertThat(image.metadata()).isEqualTo(many);
    }
  }

  @Test
  void changeImageMetadata_missingImage_isNotFound() {
    assertErrno(Errno.ENOENT, () -> pool().changeImageMetadata("ffff", Set.of(), Map.of("a", "1")));
    assertThat(pool().imageHeader("ffff")).isEmpty();
  }

  @Test
  void images_areListedByName() {
    assertThat(pool().images()).isEmpty();
    for (int i = 0; i < 70; i++) {
      pool().createImage("image-with-a-long-name-" + i, MIB, layering());
    }
    Map<String, String> images = pool().images();
    assertThat(images).hasSize(70);
    assertThat(images.get("image-with-a-long-name-7"))
        .isEqualTo(pool().imageId("image-with-a-long-name-7").orElseThrow());
  }

  @Test
  void trash_fromMoveToPurge() {
    Instant before = Instant.now().minusSeconds(2);
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    assertThat(pool().trashEntry(id)).isEmpty();

    pool().trashMove("i", Duration.ZERO);
    assertThat(pool().imageId("i")).isEmpty();
    assertThat(pool().images()).isEmpty();
    assertThat(pool().imageHeader(id)).isPresent();
    TrashEntry entry = pool().trashEntry(id).orElseThrow();
    assertThat(entry.imageId()).isEqualTo(id);
    assertThat(entry.name()).isEqualTo("i");
    assertThat(entry.movedAt()).isBetween(before, Instant.now().plusSeconds(2));
    assertThat(pool().trashEntries()).containsExactly(entry);
    try (Image image = pool().openImageByIdReadOnly(id)) {
      assertThat(image.sizeBytes()).isEqualTo(MIB);
    }

    pool().trashRemove(id);
    assertThat(pool().trashEntry(id)).isEmpty();
    assertThat(pool().trashEntries()).isEmpty();
    assertThat(pool().imageHeader(id)).isEmpty();
    assertErrno(Errno.ENOENT, () -> pool().trashRemove(id));
  }

  @Test
  void snapshot_isCutListedAndRemoved() {
    Instant before = Instant.now().minusSeconds(2);
    pool().createImage("i", MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("s");
      assertErrno(Errno.EEXIST, () -> image.createSnapshot("s"));
      image.resize(2 * MIB);

      ImageSnapshot snapshot = image.snapshots().getFirst();
      assertThat(snapshot.name()).isEqualTo("s");
      assertThat(snapshot.sizeBytes()).isEqualTo(MIB);
      assertThat(snapshot.kind()).isEqualTo(ImageSnapshot.Kind.USER);
      assertThat(snapshot.createdAt()).isBetween(before, Instant.now().plusSeconds(2));

      image.removeSnapshot("s");
      assertThat(image.snapshots()).isEmpty();
      assertErrno(Errno.ENOENT, () -> image.removeSnapshot("s"));
    }
    pool().removeImage("i");
  }

  @Test
  void cloneImage_hasItsParentUntilFlattened() {
    pool().createImage("i", MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("s");
    }
    String parentId = pool().imageId("i").orElseThrow();

    pool().cloneImage(pool(), "i", "s", "c", layering());

    String id = pool().imageId("c").orElseThrow();
    assertThat(pool().imageHeader(id).orElseThrow().sizeBytes()).isEqualTo(MIB);
    ParentLink link = pool().imageParent(id).orElseThrow();
    assertThat(link.poolId()).isEqualTo(pool().id());
    assertThat(link.namespace()).isEqualTo(pool().namespace());
    assertThat(link.imageId()).isEqualTo(parentId);
    assertThat(pool().imageParent(parentId)).isEmpty();
    assertThat(pool().imageParent("ffff")).isEmpty();

    try (Image clone = pool().openImage("c")) {
      clone.flatten();
      assertErrno(Errno.EINVAL, clone::flatten);
    }
    assertThat(pool().imageParent(id)).isEmpty();
  }

  /** Its snapshots keep what they have from the parent, and the header keeps its name for them. */
  @Test
  void cloneImage_flattenedWithASnapshotAndWithoutDeepFlatten_hasNoParentItself() {
    pool().createImage("i", MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("s");
    }
    String parentId = pool().imageId("i").orElseThrow();
    pool().cloneImage(pool(), "i", "s", "c", layering());
    String id = pool().imageId("c").orElseThrow();
    ParentLink link = pool().imageParent(id).orElseThrow();

    try (Image clone = pool().openImage("c")) {
      clone.createSnapshot("t");
      long snapshot = clone.snapshots().getFirst().id();
      assertThat(pool().snapshotParent(id, snapshot)).contains(link);
      clone.flatten();
      assertErrno(Errno.EINVAL, clone::flatten);

      assertThat(pool().imageParent(id)).isEmpty();
      assertThat(clone.parentLink()).isEmpty();
      assertThat(pool().snapshotParent(id, snapshot)).contains(link);
      assertThat(pool().imageState(id).orElseThrow().parent()).isEqualTo(link);
      assertThat(pool().snapshotHeaders(parentId, List.of(link.snapshotId())))
          .singleElement()
          .satisfies(header -> assertThat(header.clones()).isOne());
      clone.removeSnapshot("t");
      assertThat(pool().snapshotParent(id, snapshot)).isEmpty();
    }
    assertThat(pool().snapshotHeaders(parentId, List.of(link.snapshotId())))
        .singleElement()
        .satisfies(header -> assertThat(header.clones()).isZero());
  }

  @Test
  void leaveParent_leavesAnImageOfItsOwn() {
    pool().createImage("i", MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("s");
    }
    pool().cloneImage(pool(), "i", "s", "c", layering());
    String id = pool().imageId("c").orElseThrow();

    pool().leaveParent(id);
    pool().leaveParent(id);

    assertThat(pool().imageParent(id)).isEmpty();
    assertThat(pool().imageState(id).orElseThrow().parent()).isNull();
    try (Image clone = pool().openImage("c")) {
      assertThat(clone.parentLink()).isEmpty();
      assertErrno(Errno.EINVAL, clone::flatten);
    }
    assertErrno(Errno.ENOENT, () -> pool().leaveParent("ffff"));
  }

  @Test
  void cloneImage_missingOrTaken_isRefused() {
    pool().createImage("i", MIB, layering());
    pool().createImage("taken", MIB, layering());
    assertErrno(Errno.ENOENT, () -> pool().cloneImage(pool(), "none", "s", "c", layering()));
    assertErrno(Errno.ENOENT, () -> pool().cloneImage(pool(), "i", "s", "c", layering()));
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("s");
    }
    assertErrno(Errno.EEXIST, () -> pool().cloneImage(pool(), "i", "s", "taken", layering()));
  }

  @Test
  void children_areTheClonesOfTheSnapshotThatIsShown() {
    pool().createImage("parent", MIB, layering());
    try (Image parent = pool().openImage("parent")) {
      parent.createSnapshot("one");
      parent.createSnapshot("two");
    }
    pool().cloneImage(pool(), "parent", "one", "clone", layering());
    String id = pool().imageId("clone").orElseThrow();

    try (Image parent = pool().openImageReadOnly("parent")) {
      for (ImageSnapshot snapshot : parent.snapshots()) {
        parent.show(snapshot.id());
        assertThat(parent.children())
            .isEqualTo(
                snapshot.name().equals("two")
                    ? List.of()
                    : List.of(new ChildImage(pool().id(), pool().namespace(), id)));
      }
    }
    try (Image parent = pool().openImage("parent")) {
      parent.removeSnapshot("one");
    }
    try (Image parent = pool().openImageReadOnly("parent")) {
      ImageSnapshot kept =
          parent.snapshots().stream()
              .filter(s -> s.kind() == ImageSnapshot.Kind.TRASH)
              .findFirst()
              .orElseThrow();
      parent.show(kept.id());
      assertThat(parent.children()).hasSize(1);
      assertThat(parent.secondary()).isFalse();
    }
  }

  @Test
  void removeSnapshot_withAClone_staysUntilTheCloneIsGone() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("s");
      pool().cloneImage(pool(), "i", "s", "c", layering());
      image.removeSnapshot("s");
    }
    try (Image image = pool().openImageReadOnly("i")) {
      ImageSnapshot kept = image.snapshots().getFirst();
      assertThat(kept.kind()).isEqualTo(ImageSnapshot.Kind.TRASH);
      assertThat(kept.name()).isEqualTo("s");
    }
    pool().trashMove("i", Duration.ZERO);
    assertErrno(Errno.ENOTEMPTY, () -> pool().trashRemove(id));

    pool().removeImage("c");

    pool().trashRemove(id);
    assertThat(pool().trashEntries()).isEmpty();
  }

  /** A client that is killed between the removal of a clone and of what that had kept. */
  @Test
  void trashRemove_withASnapshotThatAClientLeft_removesBoth() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    try (Image image = pool().openImage("i")) {
      image.createSnapshot("s");
      pool().takeSnapshotName(id, image.snapshots().getFirst().id());
    }
    try (Image image = pool().openImageReadOnly("i")) {
      ImageSnapshot left = image.snapshots().getFirst();
      assertThat(left.kind()).isEqualTo(ImageSnapshot.Kind.TRASH);
      image.show(left.id());
      assertThat(image.children()).isEmpty();
    }
    pool().trashMove("i", Duration.ZERO);

    pool().trashRemove(id);

    assertThat(pool().trashEntries()).isEmpty();
  }

  @Test
  void data_isReadAsItWasWrittenOrDiscarded() {
    pool().createImage("i", 8 * MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.write(4000, bytes(9000, 1));
      image.write(4 * MIB - 100, bytes(200, 2));
      assertThat(read(image, 4000, 9000)).isEqualTo(bytes(9000, 1));
      assertThat(read(image, 4 * MIB - 100, 200)).isEqualTo(bytes(200, 2));
      image.write(64 << 10, bytes(9000, 1));
      image.discard(0, 64 << 10);
      assertThat(read(image, 0, 64 << 10)).containsOnly(0);
      assertThat(read(image, 64 << 10, 9000)).isEqualTo(bytes(9000, 1));
      assertErrno(Errno.EIO, () -> read(image, 8 * MIB - 10, 11));
    }
    try (Image image = pool().openImageReadOnly("i")) {
      assertThat(read(image, 64 << 10, 9000)).isEqualTo(bytes(9000, 1));
      assertErrno(Errno.EROFS, () -> image.write(0, new byte[1]));
      assertErrno(Errno.EROFS, () -> image.discard(0, MIB));
    }
  }

  @Test
  void allocated_coversWhatWasWrittenAndStaysInTheStretch() {
    pool().createImage("i", 64 * MIB, layering());
    try (Image image = pool().openImage("i")) {
      assertThat(image.allocated(0, 64 * MIB).isEmpty()).isTrue();
      image.write(10 * MIB, bytes(8192, 1));
      image.write(40 * MIB, bytes(4096, 1));

      Extents all = image.allocated(0, 64 * MIB);
      assertThat(Extents.of(10 * MIB, 8192).without(all).isEmpty()).isTrue();
      assertThat(Extents.of(40 * MIB, 4096).without(all).isEmpty()).isTrue();
      assertThat(all.within(Extents.of(0, 8 * MIB)).isEmpty()).isTrue();
      assertThat(all.within(Extents.of(16 * MIB, 20 * MIB)).isEmpty()).isTrue();

      assertThat(image.allocated(10 * MIB + 4096, 1024))
          .isEqualTo(Extents.of(10 * MIB + 4096, 1024));
      assertThat(image.allocated(0, 0).isEmpty()).isTrue();
    }
  }

  @Test
  void snapshotThatOnlyACloneKeeps_isShown() {
    pool().createImage("i", 64 * MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.write(0, bytes(4096, 1));
      image.createSnapshot("s");
      pool().cloneImage(pool(), "i", "s", "c", layering());
      image.removeSnapshot("s");
      image.write(0, bytes(4096, 2));
      image.write(32 * MIB, bytes(4096, 3));
      image.resize(80 * MIB);
    }

    try (Image clone = pool().openImageReadOnly("c");
        Image image = pool().openImageReadOnly("i")) {
      assertThat(read(clone, 0, 4096)).isEqualTo(bytes(4096, 1));
      assertThat(clone.allocated(0, 64 * MIB).isEmpty()).isTrue();
      assertThat(clone.overlapBytes()).isEqualTo(64 * MIB);
      assertThat(clone.parentLink()).isEqualTo(pool().imageParent(clone.id()));
      assertThat(image.parentLink()).isEmpty();
      assertThat(image.overlapBytes()).isZero();

      assertErrno(Errno.ENOENT, () -> image.show(4711));
      image.show(clone.parentLink().orElseThrow().snapshotId());
      assertThat(image.sizeBytes()).isEqualTo(64 * MIB);
      assertThat(read(image, 0, 4096)).isEqualTo(bytes(4096, 1));
      assertThat(image.allocated(16 * MIB, 48 * MIB).isEmpty()).isTrue();
    }
  }

  @Test
  void clone_readsWhatItHasNotOfItsParent() {
    pool().createImage("i", 16 * MIB, layering());
    try (Image image = pool().openImage("i")) {
      image.write(0, bytes(128 << 10, 1));
      image.createSnapshot("s");
    }
    pool().cloneImage(pool(), "i", "s", "c", layering());
    try (Image clone = pool().openImage("c")) {
      clone.write(64 << 10, bytes(10, 2));
      assertThat(read(clone, 0, 64 << 10)).isEqualTo(bytes(64 << 10, 1));
      assertThat(read(clone, 64 << 10, 10)).isEqualTo(bytes(10, 2));
      assertThat(read(clone, (64 << 10) + 10, 4086)).containsOnly(1);
      clone.discard(0, 64 << 10);
      assertThat(read(clone, 0, 64 << 10)).containsOnly(0);
      clone.flatten();
      assertThat(read(clone, 64 << 10, 10)).isEqualTo(bytes(10, 2));
      assertThat(read(clone, 0, 64 << 10)).containsOnly(0);
      assertThat(clone.overlapBytes()).isZero();
    }
  }

  @Test
  void touched_isWhatWasWrittenOrDiscardedBetweenTwoSnapshots() {
    pool().createImage("i", 64 * MIB, layering());
    Extents all = Extents.of(0, 64 * MIB);
    try (Image image = pool().openImage("i")) {
      for (int n = 0; n < 16; n++) {
        image.write(4 * MIB * n, bytes(4096, 1));
      }
      image.createSnapshot("a");
      image.createSnapshot("b");
      image.write(8 * MIB, bytes(100, 2));
      image.discard(20 * MIB, 4 * MIB);
      image.discard(24 * MIB, 4 * MIB);
      image.write(24 * MIB, bytes(4096, 1));
      image.createSnapshot("c");
      image.write(40 * MIB, bytes(100, 2));
    }

    try (Image image = pool().openImageReadOnly("i")) {
      List<Long> ids = image.snapshots().stream().map(ImageSnapshot::id).toList();
      image.show(ids.get(1));
      assertThat(image.touched(ids.get(0), all).isEmpty()).isTrue();
      image.show(ids.get(2));
      Extents touched = image.touched(ids.get(0), all);
      for (long at : new long[] {8 * MIB, 20 * MIB, 24 * MIB}) {
        assertThat(Extents.of(at, 100).without(touched).isEmpty()).isTrue();
      }
      assertThat(touched.within(Extents.of(0, 8 * MIB)).isEmpty()).isTrue();
      assertThat(touched.within(Extents.of(28 * MIB, 36 * MIB)).isEmpty()).isTrue();
      assertThat(image.touched(ids.get(0), Extents.of(8 * MIB + 10, 20)))
          .isEqualTo(Extents.of(8 * MIB + 10, 20));
      assertThat(image.touched(ids.get(0), Extents.NONE).isEmpty()).isTrue();
    }
  }

  @Test
  void group_snapshotIsOnAllImagesUntilTheGroupIsRemoved() {
    for (String image : new String[] {"i", "j"}) {
      pool().createImage(image, 64 * MIB, features(Feature.LAYERING, Feature.EXCLUSIVE_LOCK));
    }
    pool().createGroup("g");
    assertErrno(Errno.EEXIST, () -> pool().createGroup("g"));
    assertThat(pool().groups()).containsExactly("g");
    assertThat(pool().groupSnapshots("g")).isEmpty();
    pool().addToGroup("g", pool(), "i");
    pool().addToGroup("g", samePool(), "j");
    pool().addToGroup("g", samePool(), "j");
    write("i", 1);
    write("j", 2);

    pool().createGroupSnapshot("g", "s");

    assertErrno(Errno.EEXIST, () -> pool().createGroupSnapshot("g", "s"));
    assertThat(pool().groupSnapshots("g")).containsExactly(new GroupSnapshot("s", true));
    write("i", 9);
    write("j", 9);
    assertThat(firstByteAt("i", "g", "s")).isEqualTo(1);
    assertThat(firstByteAt("j", "g", "s")).isEqualTo(2);
    assertErrno(Errno.ENOENT, () -> pool().cloneImage(pool(), "i", "s", "c", layering()));

    pool().removeGroup("g");

    pool().removeGroup("g");
    assertThat(pool().groups()).isEmpty();
    assertThat(pool().groupSnapshots("g")).isEmpty();
    try (Image image = pool().openImageReadOnly("i")) {
      assertThat(image.snapshots()).isEmpty();
    }
    pool().createGroup("h");
    pool().addToGroup("h", pool(), "i");
    pool().removeGroup("h");
    pool().removeImage("i");
    pool().removeImage("j");
  }

  @Test
  void group_wrongMembersAndSnapshots_areRefused() {
    pool().createImage("i", MIB, layering());
    pool().createGroup("g");
    pool().createGroup("h");
    pool().addToGroup("g", pool(), "i");
    assertErrno(Errno.EEXIST, () -> pool().addToGroup("h", pool(), "i"));
    assertErrno(Errno.ENOENT, () -> pool().addToGroup("g", pool(), "none"));
    assertErrno(Errno.ENOENT, () -> pool().addToGroup("none", pool(), "i"));
    assertErrno(Errno.ENOENT, () -> pool().createGroupSnapshot("none", "s"));
    assertErrno(Errno.ENOENT, () -> pool().removeGroupSnapshot("g", "s"));
    assertErrno(Errno.ENOENT, () -> pool().removeGroupSnapshot("none", "s"));
    pool().createGroupSnapshot("g", "s");
    pool().removeGroupSnapshot("g", "s");
    assertThat(pool().groupSnapshots("g")).isEmpty();
    try (Image image = pool().openImageReadOnly("i")) {
      assertThat(image.snapshots()).isEmpty();
      assertThat(image.groupSnapshot("g", "s")).isEmpty();
    }
    pool().removeGroup("g");
    pool().removeGroup("h");
  }

  private void write(String name, int value) {
    try (Image image = pool().openImage(name)) {
      image.write(0, bytes(4096, value));
    }
  }

  private int firstByteAt(String name, String group, String snapshot) {
    try (Image image = pool().openImageReadOnly(name)) {
      ImageSnapshot found = image.groupSnapshot(group, snapshot).orElseThrow();
      assertThat(found.kind()).isEqualTo(ImageSnapshot.Kind.GROUP);
      image.show(found.id());
      return read(image, 0, 1)[0];
    }
  }

  private static byte[] bytes(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static byte[] read(Image image, long offset, int length) {
    byte[] bytes = new byte[length];
    image.read(offset, bytes);
    return bytes;
  }

  @Test
  void trashEntries_many_areAllListed() {
    for (int i = 0; i < 40; i++) {
      pool().createImage("image-" + i, MIB, layering());
      pool().trashMove("image-" + i, Duration.ZERO);
    }
    Set<String> names =
        pool().trashEntries().stream().map(TrashEntry::name).collect(Collectors.toSet());
    assertThat(names).hasSize(40).contains("image-0", "image-39");
  }

  @Test
  void trashMove_missing_isNotFound() {
    assertErrno(Errno.ENOENT, () -> pool().trashMove("i", Duration.ZERO));
  }

  @Test
  void trashMove_freesTheName() {
    pool().createImage("i", MIB, layering());
    pool().trashMove("i", Duration.ZERO);
    pool().createImage("i", 2 * MIB, layering());
    assertThat(pool().trashEntries()).hasSize(1);
    assertThat(pool().images()).hasSize(1);
  }

  @Test
  void trashMove_kept_cannotBePurgedYet() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    pool().trashMove("i", Duration.ofHours(1));
    assertErrno(Errno.EPERM, () -> pool().trashRemove(id));
    TrashEntry kept = pool().trashEntry(id).orElseThrow();
    assertThat(kept.keepUntil()).isAfter(kept.movedAt().plusSeconds(3500));
  }

  @Test
  void trashMove_watchedImage_isMovedButNotPurged() {
    pool().createImage("i", MIB, layering());
    String id = pool().imageId("i").orElseThrow();
    try (var _ = samePool().openImageById(id)) {
      pool().trashMove("i", Duration.ZERO);
      assertErrno(Errno.EBUSY, () -> pool().trashRemove(id));
    }
    pool().trashRemove(id);
    assertThat(pool().trashEntry(id)).isEmpty();
  }

  @Test
  void trashRestore_watchedImage_isBackAsItWas() {
    pool().createImage("image", MIB, ImageOptions.DEFAULT);
    String id = pool().imageId("image").orElseThrow();
    try (Image open = pool().openImage("image")) {
      pool().trashMove("image", Duration.ZERO);

      pool().trashRestore(id, "image");

      assertThat(pool().imageId("image")).contains(id);
      assertThat(pool().trashEntries()).isEmpty();
      assertThat(pool().imageWatched(id)).isTrue();
      assertThat(open.watchers()).hasSize(1);
    }
    assertErrno(Errno.ENOENT, () -> pool().trashRestore(id, "image"));
    pool().trashMove("image", Duration.ZERO);
    pool().createImage("image", MIB, ImageOptions.DEFAULT);
    assertErrno(Errno.EEXIST, () -> pool().trashRestore(id, "image"));
  }

  @Test
  void close_twice_doesNothing() {
    Pool pool = samePool();
    pool.close();
    pool.close();
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // the opening fails, or is closed on purpose
  void closedPool_refusesUse() {
    Pool pool = samePool();
    pool.close();
    assertClosed(() -> pool.get("o", Set.of("a")));
    assertClosed(() -> pool.create("o", Map.of()));
    assertClosed(() -> pool.createImage("i", MIB, layering()));
    assertClosed(() -> pool.imageWatched("ffff"));
    assertClosed(() -> pool.openImage("i").close());
    assertClosed(pool::images);
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // the opening fails, or is closed on purpose
  void closedImage_refusesUse() {
    pool().createImage("i", MIB, layering());
    Image image = pool().openImage("i");
    image.close();
    image.close();
    assertClosed(image::sizeBytes);
    assertClosed(image::id);
    assertClosed(image::metadata);
    assertClosed(image::watchers);
    assertClosed(image::mirrored);
    assertClosed(() -> image.resize(MIB));
  }

  @Test
  void image_outlivesItsPool() {
    pool().createImage("i", MIB, layering());
    Pool pool = samePool();
    try (Image image = pool.openImage("i")) {
      pool.close();
      image.resize(2 * MIB);
      assertThat(image.sizeBytes()).isEqualTo(2 * MIB);
    }
  }

  private static ImageOptions layering() {
    return features(Feature.LAYERING);
  }

  private static ImageOptions features(Feature... features) {
    long mask = Arrays.stream(features).mapToLong(Feature::bit).reduce(0, (a, b) -> a | b);
    return new ImageOptions(mask, "", 0, 0, 0);
  }

  private static void assertErrno(int errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CephException.class,
            e -> assertThat(e.errno()).describedAs(e.toString()).isEqualTo(errno));
  }

  private static void assertClosed(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void versionedObject_isMadeOnceAndRead() {
    byte[] one = {0, 0, 0, 1};
    assertThat(pool().readObject("counted", 4, Set.of("a"))).isEmpty();
    assertThat(pool().createObject("counted", "csi/v", one, one, Map.of("a", "\1", "b", "")))
        .isTrue();
    assertThat(pool().createObject("counted", "csi/v", one, new byte[4], Map.of())).isFalse();

    VersionedObject read = pool().readObject("counted", 4, Set.of("a", "b", "c")).orElseThrow();
    assertThat(read.data()).isEqualTo(one);
    assertThat(read.attributes()).containsOnlyKeys("csi/v");
    assertThat(read.attributes().get("csi/v")).isEqualTo(one);
    assertThat(read.entries()).isEqualTo(Map.of("a", "\1", "b", ""));
    assertThat(pool().readObject("counted", 2, Set.of()).orElseThrow().data())
        .isEqualTo(new byte[2]);
    assertThat(pool().list("counted", "", 10)).containsOnlyKeys("a", "b");
  }

  @Test
  void replaceObject_asItWasRead_changesDataAndEntries() {
    byte[] two = {0, 0, 0, 2};
    pool().createObject("counted", "v", two, two, Map.of("a", "1", "b", "2"));
    long version = pool().readObject("counted", 4, Set.of()).orElseThrow().version();

    assertThat(
            samePool()
                .replaceObject("counted", version, new byte[] {9}, Map.of("c", "3"), Set.of("a")))
        .isTrue();
    VersionedObject now = pool().readObject("counted", 4, Set.of("a", "b", "c")).orElseThrow();
    assertThat(now.data()).isEqualTo(new byte[] {9});
    assertThat(now.entries()).isEqualTo(Map.of("b", "2", "c", "3"));
    assertThat(now.attributes()).containsOnlyKeys("v");
  }

  @Test
  void replaceAndRemoveObject_changedSince_changeNothing() {
    byte[] two = {0, 0, 0, 2};
    pool().createObject("counted", "v", two, two, Map.of("a", "1"));
    long old = pool().readObject("counted", 4, Set.of()).orElseThrow().version();
    samePool().replaceObject("counted", old, two, Map.of("b", "2"), Set.of());

    assertThat(pool().replaceObject("counted", old, new byte[4], Map.of(), Set.of("b"))).isFalse();
    assertThat(pool().removeObject("counted", old)).isFalse();
    VersionedObject now = pool().readObject("counted", 4, Set.of("b")).orElseThrow();
    assertThat(now.entries()).containsEntry("b", "2");
    assertThat(pool().replaceObject("counted", now.version() + 100, two, Map.of(), Set.of()))
        .isFalse();
    assertThat(pool().removeObject("counted", now.version())).isTrue();
    assertThat(pool().readObject("counted", 4, Set.of())).isEmpty();
    assertThat(pool().removeObject("counted", now.version())).isFalse();
    assertThat(pool().replaceObject("counted", now.version(), two, Map.of(), Set.of())).isFalse();
    assertThat(pool().get("counted", Set.of("b"))).isEmpty();
  }
}
