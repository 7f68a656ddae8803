package io.cephcsi.rbd.care;

import static io.cephcsi.rbd.care.PoolInMemory.image;
import static io.cephcsi.rbd.care.PoolInMemory.uuid;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.cluster.Json;
import io.cephcsi.cluster.care.CareContract;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.Finding.Hold;
import io.cephcsi.cluster.care.Finding.Kind;
import io.cephcsi.cluster.care.JournalStep;
import io.cephcsi.cluster.care.Mending;
import io.cephcsi.cluster.care.Mending.Outcome;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.cluster.care.Step;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageCareTest extends CareContract<PoolInMemory, OpenPool> {

  private static final List<Class<? extends Step>> KINDS =
      Stream.concat(JournalStep.KINDS.stream(), ImageStep.KINDS.stream()).toList();

  private final PoolInMemory memory = new PoolInMemory();

  @AfterEach
  void nothingOpen() {
    memory.close();
  }

  @Override
  protected PoolInMemory withVolume() {
    memory.volume(1);
    return memory;
  }

  @Override
  protected Map<String, Object> all() {
    return memory.all();
  }

  @Override
  @MustBeClosed
  protected OpenPool open() {
    return memory.open();
  }

  @Override
  protected Mending mending(OpenPool opened, Duration grace) {
    return ImageCare.of(opened, grace, "default", Progress.NONE);
  }

  @Override
  protected List<Class<? extends Step>> steps() {
    return KINDS;
  }

  static Stream<Damage<PoolInMemory>> damages() {
    return Stream.of(
        new Damage<PoolInMemory>(
                "name that leads to rubbish",
                Kind.UNUSABLE_NAME,
                true,
                m ->
                    m.pool.compareAndPut(PoolInMemory.DIRECTORY, "csi.volume.pvc-2", "", "rubbish"))
            .withoutTime(),
        new Damage<PoolInMemory>(
                "name that leads to a pool that is gone",
                Kind.UNUSABLE_NAME,
                true,
                m ->
                    m.pool.compareAndPut(
                        PoolInMemory.DIRECTORY,
                        "csi.volume.pvc-2",
                        "",
                        "0000000000000063/" + uuid(2)))
            .withoutTime(),
        new Damage<PoolInMemory>(
                "name that leads to another's object",
                Kind.UNUSABLE_NAME,
                true,
                m -> m.pool.compareAndPut(PoolInMemory.DIRECTORY, "csi.volume.pvc-2", "", uuid(1)))
            .withoutTime(),
        new Damage<PoolInMemory>(
                "directory key without object", Kind.KEY_WITHOUT_OBJECT, true, m -> m.key(2))
            .withoutTime(),
        new Damage<>(
            "directory key with an empty object",
            Kind.KEY_WITHOUT_OBJECT,
            true,
            m -> {
              m.key(2);
              m.pool.create("csi.volume." + uuid(2), Map.of());
            }),
        new Damage<>(
            "directory key without object, with its image",
            Kind.KEY_WITHOUT_OBJECT,
            true,
            m -> {
              m.volume(2);
              m.pool.remove("csi.volume." + uuid(2));
            }),
        new Damage<>("orphan object", Kind.ORPHAN_OBJECT, true, m -> m.object(2, Map.of())),
        new Damage<>(
            "object and image that lost their name",
            Kind.ORPHAN_OBJECT,
            true,
            m -> {
              m.volume(2);
              m.pool.removeKeys(PoolInMemory.DIRECTORY, Set.of("csi.volume.pvc-2"));
            }),
        new Damage<>(
            "entry whose image was never made",
            Kind.ENTRY_WITHOUT_IMAGE,
            true,
            m -> {
              m.key(2);
              m.object(2, Map.of());
            }),
        new Damage<>(
            "entry whose image is gone",
            Kind.ENTRY_WITHOUT_IMAGE,
            true,
            m -> {
              m.volume(2);
              m.pool.removeImage(image(2));
            }),
        new Damage<>(
            "image without entry",
            Kind.IMAGE_WITHOUT_ENTRY,
            true,
            m -> m.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT)),
        new Damage<>(
            "half-made clone of ours",
            Kind.HALF_MADE,
            false,
            m -> {
              cut(m, 1, image(2));
              clone(m, image(1), image(2), image(2));
              m.key(2);
              m.object(2, Map.of("cephcsi.parameters", "source"));
            }),
        new Damage<>(
            "half-made clone of ceph-csi",
            Kind.HALF_MADE,
            false,
            m -> {
              cut(m, 1, image(2) + "-temp");
              clone(m, image(1), image(2) + "-temp", image(2) + "-temp");
              m.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
              m.key(2);
              m.object(2, Map.of());
            }),
        new Damage<>(
            "image of which only the name was made",
            Kind.HALF_MADE,
            false,
            m -> {
              m.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
              m.pool.loseHeader(image(2));
              m.key(2);
              m.object(2, Map.of());
            }),
        new Damage<>(
            "entry of an early ceph-csi",
            Kind.UNFINISHED,
            true,
            m -> {
              m.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
              m.key(2);
              m.object(2, Map.of());
            }),
        new Damage<>(
            "snapshot whose image has none of its own",
            Kind.UNFINISHED,
            false,
            m -> m.unfinishedSnapshot(2)),
        new Damage<>(
            "leaked -temp image",
            Kind.LEAKED_IMAGE,
            false,
            m -> {
              m.pool.createImage(image(2) + "-temp", PoolInMemory.GIB, ImageOptions.DEFAULT);
              cut(m, image(2) + "-temp", image(2));
            }),
        new Damage<>(
            "leaked snapshot", Kind.LEAKED_SNAPSHOT, false, m -> cut(m, 1, "csi-snap-" + uuid(2))),
        new Damage<>(
            "leaked -temp snapshot",
            Kind.LEAKED_SNAPSHOT,
            false,
            m -> cut(m, 1, image(2) + "-temp")),
        new Damage<>(
            "leaked snapshot without its name",
            Kind.LEAKED_SNAPSHOT,
            false,
            m -> {
              cut(m, 1, "csi-snap-" + uuid(2));
              takeName(m, 1);
            }),
        new Damage<>(
            "trash entry with a snapshot that no clone keeps",
            Kind.TRASH_ENTRY,
            false,
            m -> {
              m.volume(2);
              cut(m, 2, "csi-snap-" + uuid(3));
              takeName(m, 2);
              m.pool.trashMove(image(2), Duration.ZERO);
              m.pool.update("csi.volume." + uuid(2), Map.of("cephcsi.discarded", "true"));
            }),
        new Damage<>(
            "purge that was cut off",
            Kind.TRASH_ENTRY,
            false,
            m -> {
              m.volume(2);
              m.pool.trashMove(image(2), Duration.ZERO);
              m.pool.update("csi.volume." + uuid(2), Map.of("cephcsi.discarded", "true"));
              m.pool.removeKeys(PoolInMemory.DIRECTORY, Set.of("csi.volume.pvc-2"));
              m.pool.update(
                  PoolInMemory.DIRECTORY, Map.of("cephcsi.discarded." + uuid(2), "1 " + image(2)));
            }),
        new Damage<>(
            "deletion that was cut off",
            Kind.TRASH_ENTRY,
            false,
            m -> {
              m.volume(2);
              m.pool.trashMove(image(2), Duration.ZERO);
              m.pool.update("csi.volume." + uuid(2), Map.of("cephcsi.discarded", "true"));
            }),
        new Damage<PoolInMemory>(
                "note of a purge that is done",
                Kind.STALE_NOTE,
                true,
                m ->
                    m.pool.update(
                        PoolInMemory.DIRECTORY,
                        Map.of("cephcsi.discarded." + uuid(2), "1 " + image(2))))
            .withoutTime());
  }

  @Test
  void soundPool_hasNoFindings() {
    memory.volume(1);
    memory.volume(2);
    memory.pool.createImage("by-hand", PoolInMemory.GIB, ImageOptions.DEFAULT);
    cut(memory, "by-hand", "s");
    cut(memory, 1, "of-somebody");
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  /** ceph-csi's note that a volume has another id since a failover. */
  @Test
  void nameThatIsAnEarlierId_isAsItShouldBe() {
    var before = new VolumeId("lost", 9, uuid(2));
    var now = new VolumeId("one", 1, uuid(3));
    var _ =
        memory.pool.compareAndPut(
            PoolInMemory.DIRECTORY, "csi.volume." + before.text(), "", now.text());

    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  @Test
  void imageInUse_isLeftAlone() {
    memory.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
    memory.pool.stored(image(2)).orElseThrow().addWatcher("10.0.0.7:0/1");

    Finding finding = findings(Duration.ZERO).getFirst();

    assertThat(finding.hold()).isEqualTo(Hold.IN_USE);
    assertThat(finding.mendable()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"leaked -temp image", "half-made clone of ours", "half-made clone of ceph-csi"})
  void imageInUse_isLeftAloneWhateverItIs(String name) {
    Damage<PoolInMemory> damage = damage(name);
    damage.make().accept(withVolume());
    for (String used : List.of(image(2), image(2) + "-temp")) {
      memory.pool.stored(used).ifPresent(stored -> stored.addWatcher("10.0.0.7:0/1"));
    }
    assertThat(findings(Duration.ZERO))
        .singleElement()
        .matches(found -> found.kind() == damage.kind() && found.hold() == Hold.IN_USE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"purge that was cut off", "deletion that was cut off"})
  void trashEntryInUse_isLeftAlone(String name) {
    damage(name).make().accept(withVolume());
    String id = memory.pool.trashEntries().getFirst().imageId();
    memory.pool.storedById(id).orElseThrow().addWatcher("10.0.0.7:0/1");
    assertThat(findings(Duration.ZERO))
        .singleElement()
        .matches(found -> found.kind() == Kind.TRASH_ENTRY && found.hold() == Hold.IN_USE);
  }

  private static Damage<PoolInMemory> damage(String name) {
    return damages().filter(damage -> damage.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void imageThatIsMirrored_isForAPersonToDecide() {
    memory.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
    memory.pool.stored(image(2)).orElseThrow().mirrorFromElsewhere();
    assertThat(findings(Duration.ZERO).getFirst().hold()).isEqualTo(Hold.BY_HAND);
  }

  @Test
  void imageMovedToTheTrashByHand_isForAPersonToDecide() {
    memory.volume(1);
    memory.pool.trashMove(image(1), Duration.ZERO);
    Finding finding = findings(Duration.ZERO).getFirst();
    assertThat(finding.kind()).isEqualTo(Kind.ENTRY_WITHOUT_IMAGE);
    assertThat(finding.hold()).isEqualTo(Hold.BY_HAND);
  }

  @Test
  void unfinishedSnapshot_hasItsOwnSnapshotThen() {
    memory.unfinishedSnapshot(2);

    assertThat(mend(findings(Duration.ZERO).getFirst())).isInstanceOf(Outcome.Mended.class);

    String image = "csi-snap-" + uuid(2);
    assertThat(memory.pool.stored(image).orElseThrow().snapshots())
        .extracting(ImageSnapshot::name)
        .containsExactly(image);
    assertThat(memory.pool.list("csi.snap." + uuid(2), "", 9))
        .containsKey("csi.imageid")
        .doesNotContainKey("cephcsi.unfinished");
  }

  /** An administrator's image may have such a name too: one that was copied or imported. */
  @Test
  void trashEntryThatNothingLeadsTo_isForAPersonToDecide() {
    memory.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
    String id = memory.pool.imageId(image(2)).orElseThrow();
    memory.pool.trashMove(image(2), Duration.ZERO);

    Finding finding = findings(Duration.ZERO).getFirst();

    assertThat(finding.kind()).isEqualTo(Kind.TRASH_ENTRY);
    assertThat(finding.hold()).isEqualTo(Hold.BY_HAND);
    assertThat(finding.mendable()).isFalse();
    assertThat(finding.cause()).contains("rbd trash restore").contains(id);
    assertThat(findings(Duration.ofHours(1)).getFirst().hold()).isEqualTo(Hold.YOUNG);
  }

  @Test
  void trashEntryThatClonesNeed_isAsItShouldBe() {
    memory.volume(1);
    memory.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
    cut(memory, 2, "s");
    clone(memory, image(2), "s", image(1) + "x");
    try (Image image = memory.pool.openImage(image(2))) {
      image.removeSnapshot("s");
    }
    memory.pool.trashMove(image(2), Duration.ZERO);
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  @Test
  void snapshotThatLostItsNameAndIsKeptByAClone_isAsItShouldBe() {
    memory.volume(1);
    memory.volume(2);
    memory.pool.removeImage(image(2));
    cut(memory, 1, image(2));
    clone(memory, image(1), image(2), image(2));
    takeName(memory, 1);
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  @Test
  void trashEntryThatIsToBeKept_isAsItShouldBe() {
    memory.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
    memory.pool.trashMove(image(2), Duration.ofDays(1));
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  @Test
  void clientThatComesMeanwhile_isSeenRightBefore() {
    memory.pool.createImage(image(2), PoolInMemory.GIB, ImageOptions.DEFAULT);
    try (OpenPool place = memory.open()) {
      Mending mending = mending(place, Duration.ZERO);
      memory.pool.stored(image(2)).orElseThrow().addWatcher("10.0.0.7:0/1");

      assertThat(mending.mend(mending.findings().getFirst(), backup::add))
          .isInstanceOf(Outcome.Changed.class);
    }
    assertThat(memory.pool.imageId(image(2))).isPresent();
    assertThat(backup).isEmpty();
  }

  @Test
  void controllerThatFinishesMeanwhile_isNotDisturbed() {
    memory.key(2);
    memory.object(2, Map.of());
    try (OpenPool place = memory.open()) {
      Mending mending = mending(place, Duration.ZERO);
      Finding finding = mending.findings().getFirst();
      memory
          .cluster
          .operations()
          .before(operation -> {
            if (operation.startsWith("compare and update")) {
              memory.cluster.operations().before(_ -> {});
              memory.pool.update("csi.volume." + uuid(2), Map.of("csi.imageid", "10"));
            }
          });

      assertThat(mending.mend(finding, backup::add)).isInstanceOf(Outcome.Changed.class);
    }
    assertThat(memory.pool.list(PoolInMemory.DIRECTORY, "", 9)).containsKey("csi.volume.pvc-2");
    assertThat(memory.pool.list("csi.volume." + uuid(2), "", 9))
        .containsEntry("csi.imageid", "10")
        .doesNotContainKey("cephcsi.discarded");
  }

  @Test
  void cephThatRefusesAStep_hasTheOthersTakenBack() {
    memory.key(2);
    memory.object(2, Map.of());
    Map<String, Object> before = memory.all();
    try (OpenPool place = memory.open()) {
      Mending mending = mending(place, Duration.ZERO);
      memory.cluster.operations().failBefore(3, Errno.EPERM);

      assertThat(mending.mend(mending.findings().getFirst(), backup::add))
          .isInstanceOf(Outcome.Failed.class);
    }
    assertThat(memory.all()).isEqualTo(before);
  }

  @Test
  void crashAnywhere_isMendedByTheNextRun() {
    for (int n = 1; ; n++) {
      memory.key(2);
      memory.object(2, Map.of());
      memory.cluster.operations().crashBefore(n);
      boolean crashed = false;
      try {
        mend(findings(Duration.ZERO).getFirst());
      } catch (MemoryOperations.Crash e) {
        crashed = true;
      }
      var _ = memory.cluster.operations().restart();
      for (Finding finding : findings(Duration.ZERO)) {
        assertThat(mend(finding)).isInstanceOf(Outcome.Mended.class);
      }
      assertThat(findings(Duration.ZERO)).isEmpty();
      if (!crashed) {
        return;
      }
    }
  }

  @Test
  void lineThatIsNoStep_isRefused() throws Exception {
    var node = Json.MAPPER.readTree("{\"step\":\"Dance\"}");
    assertThat(Step.of(node, KINDS)).isEmpty();
    var broken = Json.MAPPER.readTree("{\"step\":\"RemoveKey\",\"of\":{\"step\":1}}");
    assertThat(Step.of(broken, KINDS)).isEmpty();
  }

  private static void cut(PoolInMemory memory, int n, String snapshot) {
    cut(memory, image(n), snapshot);
  }

  private static void cut(PoolInMemory memory, String name, String snapshot) {
    try (Image image = memory.pool.openImage(name)) {
      image.createSnapshot(snapshot);
    }
  }

  /** Of the image's only snapshot. */
  private static void takeName(PoolInMemory memory, int n) {
    String id = memory.pool.imageId(image(n)).orElseThrow();
    long snapshot = memory.pool.imageState(id).orElseThrow().snapshots().getFirst();
    memory.pool.takeSnapshotName(id, snapshot);
  }

  private static void clone(PoolInMemory memory, String parent, String snapshot, String image) {
    memory.pool.cloneImage(memory.pool, parent, snapshot, image, ImageOptions.DEFAULT);
  }
}
