package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.GIB;
import static io.cephcsi.rbd.controller.Controller.SECRETS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.ControllerGetVolumeRequest;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.ListSnapshotsRequest;
import csi.v1.ListVolumesRequest;
import csi.v1.Snapshot;
import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Volumes whose images this driver has not made: an admin's, the in-tree driver's, mirrored ones,
 * and those of old drivers with their directory in another pool.
 */
class ForeignVolumeTest {
  private static final String IN_TREE =
      "mig_mons-one_image-7_" + HexFormat.of().formatHex(new byte[] {'r', 'b', 'd'});
  private static final String IN_TREE_IMAGE = "kubernetes-dynamic-pvc-7";
  private static final String STATIC = "one/rbd/by-hand";
  private static final String RBD_ALONE = "[{\"pool_id\":1,\"application_metadata\":{\"rbd\":{}}}]";

  @TempDir Path directory;
  private Controller controller;

  @BeforeEach
  void start() throws IOException {
    controller = new Controller(directory);
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  private void image(String name) {
    try (MemoryPool pool = controller.pool()) {
      pool.createImage(name, GIB, ImageOptions.DEFAULT);
    }
  }

  private boolean hasImage(String name) {
    try (MemoryPool pool = controller.pool()) {
      return pool.images().containsKey(name);
    }
  }

  private void awaitEmptyTrash() throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!trashIsEmpty() && System.nanoTime() < end) {
      Thread.sleep(2);
    }
    assertThat(trashIsEmpty()).isTrue();
  }

  private boolean trashIsEmpty() {
    try (MemoryPool pool = controller.pool()) {
      return pool.trashEntries().isEmpty();
    }
  }

  @Test
  void static_image_isExpandedAndValidated() {
    image("by-hand");

    assertThat(controller.expand(STATIC, 3 * GIB)).isEqualTo(3 * GIB);
    var answer =
        controller.validate.answer(
            ValidateVolumeCapabilitiesRequest.newBuilder()
                .setVolumeId(STATIC)
                .addVolumeCapabilities(Controller.writer())
                .putAllSecrets(SECRETS)
                .build());
    assertThat(answer.hasConfirmed()).isTrue();
  }

  @Test
  void static_imageIsNeverDeleted() {
    image("by-hand");

    assertThatThrownBy(() -> controller.delete(STATIC))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("rbd/by-hand");
    controller.delete("by-hand"); // no id of ours: CSI wants success
    assertThat(hasImage("by-hand")).isTrue();
  }

  @Test
  void static_nameAlone_saysWhatItNeeds() {
    image("by-hand");

    assertThatThrownBy(() -> controller.expand("by-hand", 3 * GIB))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining("clusterID/pool/image");
  }

  @Test
  void static_wrongPlace_isToldByName() {
    assertThatThrownBy(() -> controller.expand("one/rbd/missing", GIB))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining("one/rbd/missing");
    assertThatThrownBy(() -> controller.expand("one/nopool/x", GIB))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("nopool");
    assertThatThrownBy(() -> controller.expand("two/rbd/x", GIB))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("two");
  }

  @Test
  void static_snapshotAndCopies_areLikeAnyOthers() throws InterruptedException {
    image("by-hand");

    Snapshot snapshot = snapshot(STATIC);

    assertThat(snapshot.getSourceVolumeId()).isEqualTo(STATIC);
    assertThat(listed(STATIC)).containsExactly(snapshot);
    assertThat(listed("one/rbd/other")).isEmpty();
    var restored =
        create(
            "pvc-1",
            r ->
                r.setSnapshot(SnapshotSource.newBuilder().setSnapshotId(snapshot.getSnapshotId())));
    var copied = create("pvc-2", r -> r.setVolume(VolumeSource.newBuilder().setVolumeId(STATIC)));
    controller.delete(restored);
    controller.delete(copied);
    controller.deleteSnapshot.answer(
        DeleteSnapshotRequest.newBuilder()
            .setSnapshotId(snapshot.getSnapshotId())
            .putAllSecrets(SECRETS)
            .build());
    awaitEmptyTrash();
    assertThat(hasImage("by-hand")).isTrue();
  }

  private String create(
      String name, java.util.function.Consumer<VolumeContentSource.Builder> source) {
    CreateVolumeRequest.Builder request = Controller.request(name);
    source.accept(request.getVolumeContentSourceBuilder());
    return controller.createVolume.answer(request.build()).getVolume().getVolumeId();
  }

  private Snapshot snapshot(String volume) {
    return controller
        .createSnapshot
        .answer(
            CreateSnapshotRequest.newBuilder()
                .setName("snapshot-1")
                .setSourceVolumeId(volume)
                .putParameters("clusterID", "one")
                .putAllSecrets(SECRETS)
                .build())
        .getSnapshot();
  }

  private java.util.List<Snapshot> listed(String volume) {
    controller.cluster.onMonitorCommand(
        _ -> "[{\"pool_id\":1,\"application_metadata\":{\"rbd\":{}}}]");
    return controller
        .listSnapshots
        .answer(ListSnapshotsRequest.newBuilder().setSourceVolumeId(volume).build())
        .getEntriesList()
        .stream()
        .map(e -> e.getSnapshot())
        .toList();
  }

  @Test
  void inTree_volume_isExpandedAndDeleted() throws InterruptedException {
    image(IN_TREE_IMAGE);

    assertThat(controller.expand(IN_TREE, 2 * GIB)).isEqualTo(2 * GIB);
    controller.delete(IN_TREE);
    controller.delete(IN_TREE);

    assertThat(hasImage(IN_TREE_IMAGE)).isFalse();
    awaitEmptyTrash();
  }

  @Test
  void inTree_deletionCutOffBehindTheTrash_isFinishedByTheRepeatedCall()
      throws InterruptedException {
    image(IN_TREE_IMAGE);
    try (MemoryPool pool = controller.pool()) {
      pool.trashMove(IN_TREE_IMAGE, Duration.ZERO);
    }

    controller.delete(IN_TREE);

    awaitEmptyTrash();
  }

  /** Nobody repeats a call that was answered, and no journal object tells of the image. */
  @Test
  void inTree_crashAtAnyWrite_isPurgedInTheEnd() throws Exception {
    boolean crashed = true;
    for (int n = 1; crashed; n++) {
      image(IN_TREE_IMAGE);
      controller.cluster.operations().crashAfter(n);
      boolean answered = false;
      try {
        controller.delete(IN_TREE);
        answered = true;
        awaitEmptyTrash();
        Controller.await(() -> directoryIsEmpty());
      } catch (MemoryOperations.Crash e) {
        // the process is gone
      }
      crashed = controller.cluster.operations().restart();
      controller.resumeAfter = Duration.ZERO;
      controller.restart(new ControllerSettings(false, ""));
      if (!answered) {
        controller.delete(IN_TREE);
      }
      controller.delete(controller.create("pvc-1").getVolume().getVolumeId());

      awaitEmptyTrash();
      Controller.await(() -> directoryIsEmpty());
      assertThat(hasImage(IN_TREE_IMAGE)).isFalse();
    }
  }

  private boolean directoryIsEmpty() {
    try (MemoryPool pool = controller.pool()) {
      return pool.list("csi.volumes.default", "", 10).isEmpty();
    }
  }

  @Test
  void inTree_snapshot_tellsItsSource() {
    image(IN_TREE_IMAGE);

    assertThat(snapshot(IN_TREE).getSourceVolumeId()).isEqualTo(IN_TREE);
    assertThat(listed(IN_TREE)).hasSize(1);
  }

  @Test
  void trashedByHand_ofADriverWithAnotherDirectory_isLeftAlone() throws Exception {
    controller.resumeAfter = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));
    String uuid = "11111111-1111-4111-8111-111111111111";
    try (MemoryPool pool = controller.pool()) {
      pool.createImage("csi-vol-" + uuid, GIB, ImageOptions.DEFAULT);
      assertThat(
              pool.create(
                  "csi.volume." + uuid,
                  Map.of("csi.volname", "pvc-x", "csi.imagename", "csi-vol-" + uuid)))
          .isTrue();
      pool.trashMove("csi-vol-" + uuid, Duration.ZERO);
    }

    String other = controller.create("pvc-1").getVolume().getVolumeId();
    controller.delete(other);
    Thread.sleep(200);

    assertThat(trashIsEmpty()).isFalse();
  }

  @Test
  void journalInAnotherPool_deletion_freesTheNameThere() throws InterruptedException {
    long journalPool = controller.cluster.addPool("old");
    String uuid = "11111111-1111-4111-8111-111111111111";
    try (MemoryPool pool = controller.pool();
        MemoryPool old = controller.cluster.pool("old")) {
      pool.createImage("csi-vol-" + uuid, GIB, ImageOptions.DEFAULT);
      assertThat(
              pool.create(
                  "csi.volume." + uuid,
                  Map.of(
                      "csi.volname",
                      "pvc-old",
                      "csi.imagename",
                      "csi-vol-" + uuid,
                      "csi.journalpool",
                      "%016x".formatted(journalPool))))
          .isTrue();
      assertThat(
              old.compareAndPut(
                  "csi.volumes.default",
                  "csi.volume.pvc-old",
                  "",
                  "%016x/%s".formatted(pool.id(), uuid)))
          .isTrue();
    }

    controller.delete(new VolumeId("one", 1, uuid).text());

    controller.awaitNothingLeft();
    try (MemoryPool old = controller.cluster.pool("old")) {
      assertThat(old.list("csi.volumes.default", "", 10)).isEmpty();
    }
  }

  @Test
  void mirrored_volumeOfAClusterThatIsNotConfigured_isFoundInItsMirror() throws IOException {
    String here = controller.create("pvc-1").getVolume().getVolumeId();
    VolumeId id = VolumeId.of(here).orElseThrow();
    Files.writeString(
        controller.mapping,
        "[{\"clusterIDMapping\":{\"lost\":\"one\"},\"RBDPoolIDMapping\":[{\"9\":\"1\"}]}]");

    String mirrored = new VolumeId("lost", 9, id.uuid()).text();

    assertThat(controller.expand(mirrored, 2 * GIB)).isEqualTo(2 * GIB);
    assertThat(
            controller
                .getVolume
                .answer(ControllerGetVolumeRequest.newBuilder().setVolumeId(mirrored).build())
                .getVolume()
                .getVolumeId())
        .isEqualTo(mirrored);
    assertThatThrownBy(() -> controller.expand(new VolumeId("lost", 8, id.uuid()).text(), 2 * GIB))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("lost");
  }

  /** A second cluster, {@code two}, which mirrors the first. */
  private MemoryCluster mirror() throws IOException {
    var second = new MemoryCluster("rbd");
    controller.clusters.add("mon2", second);
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]},{\"clusterID\":\"two\",\"monitors\":[\"mon2\"]}]");
    Files.writeString(
        controller.mapping,
        "[{\"clusterIDMapping\":{\"one\":\"two\"},\"RBDPoolIDMapping\":[{\"1\":\"1\"}]}]");
    return second;
  }

  @Test
  void mirrored_imageOnlyInTheMirror_isFoundThere() throws IOException {
    MemoryCluster second = mirror();
    String made =
        controller
            .createVolume
            .answer(Controller.request("pvc-1").putParameters("clusterID", "two").build())
            .getVolume()
            .getVolumeId();
    VolumeId id = VolumeId.of(made).orElseThrow();

    String asOfOne = new VolumeId("one", 1, id.uuid()).text();

    assertThat(controller.expand(asOfOne, 2 * GIB)).isEqualTo(2 * GIB);
    controller.delete(asOfOne);
    try (MemoryPool pool = second.pool("rbd")) {
      assertThat(pool.images()).isEmpty();
    }
  }

  /** It may be where nobody may look, so that its deletion is not done. */
  @Test
  void mirrored_homeRefusesAndMirrorHasItNot_isNoDeletion() throws IOException {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    var _ = mirror();
    controller.clusters.deny("mon");

    assertThatThrownBy(() -> controller.delete(id))
        .isInstanceOf(CephException.class)
        .hasMessageContaining("permission denied");
  }

  @Test
  void mirrored_imageThatCannotBeLookedFor_leavesNothingOpen() throws IOException {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    var _ = mirror();
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("read image id")) {
            throw new CephException(Errno.ETIMEDOUT, operation);
          }
        });

    assertThatThrownBy(() -> controller.expand(id, 2 * GIB)).isInstanceOf(CephException.class);

    controller.clusters.checkNothingOpen();
  }

  /** As rbd migration does, a mirror's resync, or who copies and renames it. */
  @Test
  void list_imageThatWasReplaced_isThere() {
    controller.cluster.onMonitorCommand(_ -> RBD_ALONE);
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    controller.replaceImage(Controller.imageOf(id));

    assertThat(listed()).containsExactly(id);
  }

  @Test
  void list_entryOfAnEarlyCephCsi_isThereWithItsImage() {
    controller.cluster.onMonitorCommand(_ -> RBD_ALONE);
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      String object = "csi.volume." + Controller.uuidOf(id);
      pool.removeKeys(object, Set.of("csi.imageid"));
      assertThat(listed()).isEmpty(); // one of ours is just being made
      pool.removeKeys(object, Set.of("cephcsi.parameters"));
      assertThat(listed()).containsExactly(id);
      pool.removeImage(Controller.imageOf(id));
    }
    assertThat(listed()).isEmpty();
  }

  private List<String> listed() {
    return controller
        .listVolumes
        .answer(ListVolumesRequest.getDefaultInstance())
        .getEntriesList()
        .stream()
        .map(entry -> entry.getVolume().getVolumeId())
        .toList();
  }
}
