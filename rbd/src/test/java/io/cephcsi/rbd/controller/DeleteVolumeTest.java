package io.cephcsi.rbd.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.DeleteVolumeRequest;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeleteVolumeTest {
  @TempDir Path directory;
  private Controller controller;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  /** The process that had begun to delete it may still run, and move the image to the trash. */
  @Test
  void deletionThatHadJustBegun_isFinishedByCreateOfTheName() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    beginDeletion(id);

    String again = controller.create("pvc-1").getVolume().getVolumeId();

    assertThat(again).isNotEqualTo(id);
    controller.delete(id);
    controller.delete(again);
    controller.awaitNothingLeft();
  }

  @Test
  void deletionThatHadJustBegun_ofAVolumeInUse_isNotFinishedByCreate() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    beginDeletion(id);
    try (MemoryPool pool = controller.pool()) {
      pool.stored(Controller.imageOf(id)).orElseThrow().addWatcher("10.0.0.7:0/1");

      assertThatThrownBy(() -> controller.create("pvc-1"))
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining("in use by");

      assertThat(pool.images()).containsKey(Controller.imageOf(id));
    }
  }

  /** As of a driver that was killed behind its first write. */
  private void beginDeletion(String id) {
    try (MemoryPool pool = controller.pool()) {
      controller.journal.discard(pool, Controller.uuidOf(id));
    }
  }

  @Test
  void answer_volume_leavesNothing() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();

    controller.delete(id);

    controller.awaitNothingLeft();
  }

  @Test
  void answer_twice_isFine() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();

    controller.delete(id);
    controller.delete(id);

    controller.awaitNothingLeft();
    controller.delete(id);
  }

  @Test
  void answer_volume_freesTheNameBeforeThePurge() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();

    controller.delete(id);

    assertThat(controller.create("pvc-1").getVolume().getVolumeId()).isNotEqualTo(id);
  }

  @Test
  void answer_volumeInUse_namesTheWatcherAndKeepsAll() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      pool.stored(image(pool)).orElseThrow().addWatcher("10.0.0.7:0/123");

      assertThatThrownBy(() -> controller.delete(id))
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining("10.0.0.7:0/123");

      assertThat(pool.images()).hasSize(1);
      assertThat(controller.create("pvc-1").getVolume().getVolumeId()).isEqualTo(id);
    }
  }

  @Test
  void answer_imageHasANewIdAndIsInUse_isRefusedAndKeepsAll() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    controller.replaceImage(Controller.imageOf(id));
    try (MemoryPool pool = controller.pool()) {
      pool.stored(image(pool)).orElseThrow().addWatcher("10.0.0.7:0/123");

      assertThatThrownBy(() -> controller.delete(id))
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining("10.0.0.7:0/123");

      assertThat(pool.images()).hasSize(1);
      assertThat(pool.trashEntries()).isEmpty();
      assertThat(controller.create("pvc-1").getVolume().getVolumeId()).isEqualTo(id);
    }
  }

  @Test
  void answer_imageHasANewIdAndIsOpenedAtTheMove_isBackAsItWas() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    controller.replaceImage(Controller.imageOf(id));
    try (MemoryPool pool = controller.pool()) {
      var stored = pool.stored(image(pool)).orElseThrow();
      controller
          .cluster
          .operations()
          .before(operation -> {
            if (operation.startsWith("move image to trash")) {
              stored.addWatcher("10.0.0.7:0/123");
            }
          });

      assertThatThrownBy(() -> controller.delete(id))
          .isInstanceOf(CsiException.FailedPrecondition.class);

      assertThat(pool.images()).containsValue(stored.id());
      assertThat(pool.trashEntries()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void answer_crashBeforeOrAfterAnyWrite_repeatedLeavesNothing(Before before) throws Exception {
    for (boolean applied : new boolean[] {false, true}) {
      boolean crashed = true;
      for (int n = 1; crashed; n++) {
        crashed = crashAndRepeat(before, n, applied);
      }
    }
  }

  /** What happened to a volume before its deletion. */
  enum Before {
    NOTHING,
    IMAGE_REPLACED,
    INTERMEDIATE_IMAGE_LEFT
  }

  private void happen(Before before, String id) {
    switch (before) {
      case NOTHING -> {}
      case IMAGE_REPLACED -> controller.replaceImage(Controller.imageOf(id));
      case INTERMEDIATE_IMAGE_LEFT -> {
        try (MemoryPool pool = controller.pool()) {
          pool.createImage(Controller.imageOf(id) + "-temp", 1 << 20, ImageOptions.DEFAULT);
        }
      }
    }
  }

  /** The purge's own writes count too; a provisioner repeats only what was not answered. */
  private boolean crashAndRepeat(Before before, int n, boolean applied) throws Exception {
    String id = controller.create("pvc-" + n + applied).getVolume().getVolumeId();
    happen(before, id);
    MemoryOperations operations = controller.cluster.operations();
    if (applied) {
      operations.crashAfter(n);
    } else {
      operations.crashBefore(n);
    }
    boolean answered = false;
    try {
      controller.delete(id);
      answered = true;
      controller.awaitNothingLeft();
    } catch (MemoryOperations.Crash e) {
      // the process is gone
    }
    boolean crashed = operations.restart();
    controller.resumeAfter = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));
    if (!answered) {
      controller.delete(id);
    }
    controller.delete(controller.create("pvc-other").getVolume().getVolumeId());
    controller.awaitNothingLeft();
    return crashed;
  }

  /** Ceph moves an image to the trash also when it was opened a moment before. */
  @Test
  void answer_openedBetweenTheLookAndTheMove_isBackAsItWas() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      var stored = pool.stored(image(pool)).orElseThrow();
      controller
          .cluster
          .operations()
          .before(operation -> {
            if (operation.startsWith("move image to trash") && stored.sizeBytes() > 0) {
              stored.addWatcher("10.0.0.7:0/123");
            }
          });

      assertThatThrownBy(() -> controller.delete(id))
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining("10.0.0.7:0/123");

      controller.cluster.operations().before(_ -> {});
      assertThat(pool.images()).hasSize(1);
      assertThat(pool.trashEntries()).isEmpty();
      assertThat(pool.get("csi.volume." + Controller.uuidOf(id), Set.of("cephcsi.discarded")))
          .isEmpty();
      assertThat(controller.create("pvc-1").getVolume().getVolumeId()).isEqualTo(id);
      stored.removeWatcher("10.0.0.7:0/123");
    }
    controller.delete(id);
    controller.awaitNothingLeft();
  }

  @Test
  void answer_openForFlatteningByAnotherDriver_isNotInUse() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      var stored = pool.stored(image(pool)).orElseThrow();
      stored.addWatcher("10.0.0.7:0/123");
      note(pool, stored.id() + " v1:10.0.0.7:0/1234");
      assertThatThrownBy(() -> controller.delete(id)).hasMessageContaining("10.0.0.7:0/123");
      note(pool, "of-its-parent v1:10.0.0.7:0/123");
      assertThatThrownBy(() -> controller.delete(id)).hasMessageContaining("10.0.0.7:0/123");
      note(pool, stored.id() + " v1:10.0.0.7:0/123");

      controller.delete(id);

      assertThat(pool.images()).isEmpty();
      assertThat(pool.trashEntries()).hasSize(1);
      stored.removeWatcher("10.0.0.7:0/123");
    }
    controller.awaitNothingLeft();
  }

  private static void note(MemoryPool pool, String value) {
    String id = pool.imageId(image(pool)).orElseThrow();
    pool.changeImageMetadata(id, Set.of(), Map.of("cephcsi.flattening", value));
  }

  /** As older versions left it: no key in the directory, a mark in the object. */
  @Test
  void answer_ofAnOlderVersion_isPurgedToo() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      controller.journal.discard(pool, Controller.uuidOf(id));
      pool.trashMove(image(pool), Duration.ZERO);
      pool.removeKeys("csi.volumes.default", Set.of("csi.volume.pvc-1"));
    }
    controller.resumeAfter = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));

    controller.delete(controller.create("pvc-2").getVolume().getVolumeId());

    controller.awaitNothingLeft();
  }

  @Test
  void answer_imageIdNeverStoredAndCrashAtAnyWrite_repeatedLeavesNothing() throws Exception {
    boolean crashed = true;
    for (int n = 1; crashed; n++) {
      String id = controller.create("pvc-1").getVolume().getVolumeId();
      try (MemoryPool pool = controller.pool()) {
        pool.removeKeys("csi.volume." + id.substring(id.length() - 36), Set.of("csi.imageid"));
      }
      controller.cluster.operations().crashAfter(n);
      try {
        controller.delete(id);
        controller.awaitNothingLeft();
      } catch (MemoryOperations.Crash e) {
        // the process is gone
      }
      crashed = controller.cluster.operations().restart();
      controller.resumeAfter = Duration.ZERO;
      controller.restart(new ControllerSettings(false, ""));

      controller.delete(id);

      controller.delete(controller.create("pvc-2").getVolume().getVolumeId());
      controller.awaitNothingLeft();
    }
  }

  @Test
  void answer_imageIdUnknownAndImageInTrash_isFoundThereByName() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      pool.trashMove(image(pool), Duration.ZERO);
      pool.removeKeys("csi.volume." + id.substring(id.length() - 36), Set.of("csi.imageid"));
    }

    controller.delete(id);

    controller.awaitNothingLeft();
  }

  @Test
  void answer_imageMovedToTrashByHand_isNotPurgedByOthers() throws Exception {
    controller.create("pvc-1");
    try (MemoryPool pool = controller.pool()) {
      pool.trashMove(image(pool), Duration.ZERO);
      controller.resumeAfter = Duration.ZERO;
      controller.restart(new ControllerSettings(false, ""));
      controller.delete(controller.create("pvc-2").getVolume().getVolumeId());

      Thread.sleep(200);

      assertThat(pool.trashEntries()).hasSize(1);
    }
  }

  @Test
  void answer_imageRemovedBehindTheBack_forgetsTheVolume() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage(image(pool));
    }

    controller.delete(id);

    controller.awaitNothingLeft();
  }

  @Test
  void answer_cloneOfCephCsi_deletesItsIntermediateImageToo() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      pool.createImage(image(pool) + "-temp", 1 << 20, ImageOptions.DEFAULT);
    }

    controller.delete(id);

    controller.awaitNothingLeft();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x",
        "../../etc/passwd",
        "mig_x",
        "0001-0003-one-0000000000000001-b0285c97-a0ce-11eb-8c66-0242ac11000",
        "0001-0003-one-0000000000000001-b0285c97-a0ce-11eb-8c66-0242ac1100021",
        "0001-0003-one-0000000000000001-../../../../../../../../etc/passwd..",
        "0001-0003-one-00000000000000ff-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0003-one-0000000000000001-b0285c97-a0ce-11eb-8c66-0242ac110002"
      })
  void answer_idOfNoVolume_isFineAndTouchesNothing(String id) {
    controller.create("pvc-1");
    controller.cluster.operations().reset();

    assertThatCode(() -> controller.delete(id)).doesNotThrowAnyException();

    assertThat(controller.cluster.operations().writes()).isZero();
  }

  @Test
  void answer_missingIdOrSecrets_isRefused() {
    assertThatThrownBy(() -> controller.delete("")).hasMessageContaining("volume_id is missing");
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    var withoutSecrets = DeleteVolumeRequest.newBuilder().setVolumeId(id).build();
    assertThatThrownBy(() -> controller.deleteVolume.answer(withoutSecrets))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("secrets");
  }

  @Test
  void answer_clusterNotConfigured_isRefusedSoThatNothingLeaks() {
    String id = "0001-0003-two-0000000000000001-b0285c97-a0ce-11eb-8c66-0242ac110002";

    assertThatThrownBy(() -> controller.delete(id))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("clusterID two");
  }

  @Test
  void answer_imageMirroredFromElsewhere_isRefusedInWordsAndKept() throws Exception {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      pool.stored(image(pool)).orElseThrow().mirrorFromElsewhere();

      assertThatThrownBy(() -> controller.delete(id))
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining("rbd mirror image promote");

      assertThat(pool.images()).hasSize(1);
      assertThat(controller.create("pvc-1").getVolume().getVolumeId()).isEqualTo(id);
    }
  }

  private static String image(MemoryPool pool) {
    return pool.images().keySet().iterator().next();
  }
}
