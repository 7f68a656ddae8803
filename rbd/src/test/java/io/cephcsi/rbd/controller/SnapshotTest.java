package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.GIB;
import static io.cephcsi.rbd.controller.Controller.SECRETS;
import static io.cephcsi.rbd.controller.Controller.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.GetSnapshotRequest;
import csi.v1.ListSnapshotsRequest;
import csi.v1.Snapshot;
import csi.v1.Volume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots, and volumes that begin as a copy, on a cluster in memory. */
class SnapshotTest {
  @TempDir Path directory;
  private Controller controller;
  private final MemoryCluster second =
      new MemoryCluster("6f3a4b52-0000-4000-8000-000000000002", List.of("rbd"));
  private String source;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    controller.cluster.onMonitorCommand(
        _ -> "[{\"pool_id\":1,\"application_metadata\":{\"rbd\":{}}}]");
    source = controller.create("pvc-source").getVolume().getVolumeId();
  }

  @AfterEach
  void stop() {
    controller.close();
  }

  @Test
  void create_newName_isLaidOutAsCephCsiDoes() {
    Snapshot snapshot = create("snapshot-1");

    assertThat(snapshot.getSourceVolumeId()).isEqualTo(source);
    assertThat(snapshot.getSizeBytes()).isEqualTo(GIB);
    assertThat(snapshot.getReadyToUse()).isTrue();
    assertThat(snapshot.getCreationTime().getSeconds()).isPositive();
    String uuid = uuid(snapshot.getSnapshotId());
    String image = "csi-snap-" + uuid;
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.snaps.default", "", 10))
          .isEqualTo(Map.of("csi.snap.snapshot-1", uuid));
      assertThat(pool.list("csi.snap." + uuid, "", 10))
          .containsEntry("csi.snapname", "snapshot-1")
          .containsEntry("csi.imagename", image)
          .containsEntry("csi.source", "csi-vol-" + uuid(source))
          .containsEntry("csi.imageid", pool.imageId(image).orElseThrow())
          .containsEntry("cephcsi.sourceid", source)
          .hasSize(6); // and when it was cut
      assertThat(names(pool, image)).containsExactly("USER " + image);
      assertThat(names(pool, "csi-vol-" + uuid(source))).containsExactly("TRASH " + image);
    }
  }

  @Test
  void create_again_isTheSameSnapshotWithTheSameMoment() {
    Snapshot first = create("snapshot-1");

    assertThat(create("snapshot-1")).isEqualTo(first);
  }

  @Test
  void create_sameNameOtherVolume_isAlreadyExists() {
    create("snapshot-1");
    String other = controller.create("pvc-other").getVolume().getVolumeId();

    assertThatThrownBy(() -> create("snapshot-1", other))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("snapshot-1")
        .hasMessageContaining(other);
  }

  @Test
  void create_wrongRequest_isRefused() {
    assertThatThrownBy(() -> create(""))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("name is missing");
    assertThatThrownBy(() -> create("a", ""))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("source_volume_id");
    assertThatThrownBy(() -> create("a", "nonsense"))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining("nonsense");
    String gone = source.replace(uuid(source), "b0285c97-a0ce-11eb-8c66-0242ac110002");
    assertThatThrownBy(() -> create("a", gone))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining(gone);
    var withoutCluster = snapshotRequest("a", source).clearParameters().build();
    assertThatThrownBy(() -> controller.createSnapshot.answer(withoutCluster))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("clusterID");
  }

  @Test
  void create_sourceWithoutLayering_isRefusedAndLeavesNothing() throws Exception {
    String old =
        volume(request("pvc-old").putParameters("imageFeatures", "exclusive-lock")).getVolumeId();

    assertThatThrownBy(() -> create("a", old))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("layering");

    controller.delete(old);
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void create_imageGoneBehindTheBack_isNotFound() {
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage("csi-vol-" + uuid(source));
    }

    assertThatThrownBy(() -> create("a"))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining(source);
  }

  @Test
  void create_metadataOn_namesTheSnapshotAndNotTheVolume() {
    controller.restart(new ControllerSettings(true, "prod"));
    String volume =
        volume(request("pvc-1").putParameters("csi.storage.k8s.io/pvc/name", "claim"))
            .getVolumeId();

    String id =
        controller
            .createSnapshot
            .answer(
                snapshotRequest("a", volume)
                    .putParameters("csi.storage.k8s.io/volumesnapshot/name", "nightly")
                    .build())
            .getSnapshot()
            .getSnapshotId();
    Volume restored =
        volume(fromSnapshot("pvc-2", id).putParameters("csi.storage.k8s.io/pvc/name", "second"));

    assertThat(metadata("csi-snap-" + uuid(id)))
        .isEqualTo(
            Map.of(
                "csi.storage.k8s.io/volumesnapshot/name", "nightly",
                "csi.ceph.com/cluster/name", "prod"));
    assertThat(metadata("csi-vol-" + uuid(restored.getVolumeId())))
        .isEqualTo(
            Map.of("csi.storage.k8s.io/pvc/name", "second", "csi.ceph.com/cluster/name", "prod"));
  }

  @Test
  void restore_isAVolumeOfItsOwnWithItsSource() {
    String snapshot = create("snapshot-1").getSnapshotId();

    Volume restored = volume(fromSnapshot("pvc-1", snapshot));

    assertThat(restored.getContentSource().getSnapshot().getSnapshotId()).isEqualTo(snapshot);
    assertThat(restored.getCapacityBytes()).isEqualTo(GIB);
    assertThat(volume(fromSnapshot("pvc-1", snapshot))).isEqualTo(restored);
  }

  @Test
  void restore_larger_isGrown() {
    String snapshot = create("snapshot-1").getSnapshotId();

    Volume restored = volume(fromSnapshot("pvc-1", snapshot).setCapacityRange(range(3 * GIB)));

    assertThat(restored.getCapacityBytes()).isEqualTo(3 * GIB);
    assertThat(size(restored)).isEqualTo(3 * GIB);
  }

  @Test
  void restore_withoutSize_hasTheSourcesSize() {
    controller.expand(source, 2 * GIB);
    String snapshot = create("snapshot-1").getSnapshotId();

    assertThat(volume(fromSnapshot("pvc-1", snapshot).clearCapacityRange()).getCapacityBytes())
        .isEqualTo(2 * GIB);
  }

  @Test
  void restore_smaller_isOutOfRangeAndLeavesNothing() throws Exception {
    controller.expand(source, 2 * GIB);
    String snapshot = create("snapshot-1").getSnapshotId();

    assertThatThrownBy(() -> volume(fromSnapshot("pvc-1", snapshot)))
        .isInstanceOf(CsiException.OutOfRange.class)
        .hasMessageContaining("" + 2 * GIB);

    delete(snapshot);
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void restore_missingSource_isNotFoundAndLeavesNothing() throws Exception {
    String gone = source.replace(uuid(source), "b0285c97-a0ce-11eb-8c66-0242ac110002");
    for (String id : new String[] {"", "nonsense", gone}) {
      assertThatThrownBy(() -> volume(fromSnapshot("a", id)))
          .isInstanceOf(CsiException.NotFound.class);
      assertThatThrownBy(() -> volume(fromVolume("a", id)))
          .isInstanceOf(CsiException.NotFound.class);
    }
    // A volume is no snapshot, and the reverse.
    String snapshot = create("snapshot-1").getSnapshotId();
    assertThatThrownBy(() -> volume(fromSnapshot("a", source)))
        .isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> volume(fromVolume("a", snapshot)))
        .isInstanceOf(CsiException.NotFound.class);

    delete(snapshot);
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void restore_sameNameOtherSource_isAlreadyExists() {
    String first = create("snapshot-1").getSnapshotId();
    String second = create("snapshot-2").getSnapshotId();
    var _ = volume(fromSnapshot("pvc-1", first));

    assertThatThrownBy(() -> volume(fromSnapshot("pvc-1", second)))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining(second);
    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.AlreadyExists.class);
  }

  /** What follows CreateSnapshot's answer may be cut off. */
  @Test
  void restore_snapshotsOwnSnapshotMissing_isMadeThen() {
    String snapshot = create("snapshot-1").getSnapshotId();
    String image = "csi-snap-" + uuid(snapshot);
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(image)) {
      open.removeSnapshot(image);
    }

    assertThat(volume(fromSnapshot("pvc-1", snapshot)).getCapacityBytes()).isEqualTo(GIB);
  }

  /** Whoever asks for the snapshot heals it, so that ceph-csi can restore it too. */
  @Test
  void get_ownSnapshotCutOff_isMadeThen() {
    String snapshot = create("snapshot-1").getSnapshotId();
    String image = "csi-snap-" + uuid(snapshot);
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(image)) {
      open.removeSnapshot(image);
      var _ = pool.update("csi.snap." + uuid(snapshot), Map.of("cephcsi.unfinished", "true"));

      assertThat(list(ListSnapshotsRequest.getDefaultInstance())).containsExactly(snapshot);

      assertThat(names(pool, image)).containsExactly("USER " + image);
      assertThat(pool.get("csi.snap." + uuid(snapshot), Set.of("cephcsi.unfinished"))).isEmpty();
    }
  }

  @Test
  void list_withSecretsAndNoKnownUser_usesThem() throws Exception {
    String snapshot = create("snapshot-1").getSnapshotId();
    var stranger =
        new Controller(Files.createDirectory(directory.resolve("new")), controller.cluster);
    var ask = ListSnapshotsRequest.newBuilder().putAllSecrets(SECRETS).build();

    assertThat(stranger.listSnapshots.answer(ask).getEntriesList())
        .extracting(e -> e.getSnapshot().getSnapshotId())
        .containsExactly(snapshot);
    stranger.close();
  }

  /** Its key stays where ceph-csi has it, so that a plain copy could not be read. */
  @Test
  void sourceThatCephCsiEncrypts_isNeverCopied() {
    String snapshot = create("snapshot-1").getSnapshotId();
    try (MemoryPool pool = controller.pool()) {
      var _ = pool.update("csi.volume." + uuid(source), Map.of("csi.volume.encryptKMS", "vault"));
      var _ =
          pool.update("csi.snap." + uuid(snapshot), Map.of("csi.volume.encryptionType", "block"));
    }

    for (var request : List.of(fromVolume("a", source), fromSnapshot("a", snapshot))) {
      assertThatThrownBy(() -> volume(request))
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining("encrypted");
    }
    assertThatThrownBy(() -> create("snapshot-2"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("encrypted");
    assertThatThrownBy(() -> controller.create("pvc-source"))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("encrypted");
  }

  @Test
  void copy_toAnotherPool_isACloneAcrossThem() throws Exception {
    controller.cluster.addPool("fast");

    Volume copy = volume(fromVolume("pvc-1", source).putParameters("pool", "fast"));

    String image = "csi-vol-" + uuid(copy.getVolumeId());
    try (MemoryPool fast = controller.cluster.pool("fast")) {
      assertThat(fast.imageId(image).flatMap(fast::imageParent)).isPresent();
    }
    controller.delete(copy.getVolumeId());
    controller.delete(source);
    controller.awaitNothingLeft();
    try (MemoryPool fast = controller.cluster.pool("fast")) {
      SnapshotTest.<Boolean>eventually(() -> {
        if (!fast.trashEntries().isEmpty()) {
          throw new CsiException.Aborted("not yet");
        }
        return true;
      });
    }
  }

  /** Their snapshots stay on the source until they are flat, wherever they are. */
  @Test
  void tooManySnapshots_ofClonesInAnotherPool_areFlattenedToo() throws Exception {
    controller.cluster.addPool("fast");
    controller.restart(new ControllerSettings(false, "", new CloneLimits(8, 4, 2, 1)));
    for (int n = 0; n < 3; n++) {
      var _ = volume(fromVolume("pvc-" + n, source).putParameters("pool", "fast"));
    }

    assertThat(eventually(() -> create("snapshot-1")).getReadyToUse()).isTrue();
  }

  @Test
  void copy_toAnotherNamespace_isAClone() throws Exception {
    controller.cluster.addNamespace("rbd", "team");
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]},{\"clusterID\":\"two\",\"monitors\":[\"mon\"],\"rbd\":{\"radosNamespace\":\"team\"}}]");

    Volume copy = volume(fromVolume("pvc-1", source).putParameters("clusterID", "two"));

    try (MemoryPool team = controller.cluster.pool("rbd", "team")) {
      String image = "csi-vol-" + uuid(copy.getVolumeId());
      assertThat(team.imageId(image).flatMap(team::imageParent)).isPresent();
    }
    assertThat(copy.getVolumeContextMap()).containsEntry("radosNamespace", "team");
  }

  @Test
  void deletionThatHadJustBegun_isFinishedByCreateOfTheName() throws Exception {
    String id = create("snapshot-1").getSnapshotId();
    try (MemoryPool pool = controller.pool()) {
      controller.snapshotJournal.discard(pool, uuid(id));
    }

    String again = create("snapshot-1").getSnapshotId();

    assertThat(again).isNotEqualTo(id);
    delete(again);
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  /** The snapshot's image would be beside its volume's, and its id lead to the other namespace. */
  @Test
  void create_classOfAnotherNamespace_isInvalidAndLeavesNothing() throws Exception {
    controller.cluster.addNamespace("rbd", "team");
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]},{\"clusterID\":\"two\",\"monitors\":[\"mon\"],\"rbd\":{\"radosNamespace\":\"team\"}}]");
    var request = snapshotRequest("a", source).putParameters("clusterID", "two").build();

    assertThatThrownBy(() -> controller.createSnapshot.answer(request))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("clusterID two has the RADOS namespace \"team\"")
        .hasMessageContaining("the volume is in \"\" of clusterID one");

    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void copy_isAVolumeOfItsOwnWithItsSource() {
    Volume copy = volume(fromVolume("pvc-1", source));

    assertThat(copy.getContentSource().getVolume().getVolumeId()).isEqualTo(source);
    String image = "csi-vol-" + uuid(copy.getVolumeId());
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.images()).containsOnlyKeys(image, "csi-vol-" + uuid(source));
      assertThat(names(pool, "csi-vol-" + uuid(source))).containsExactly("TRASH " + image);
    }
  }

  @Test
  void delete_inAnyOrder_leavesNothingInTheEnd() throws Exception {
    String snapshot = create("snapshot-1").getSnapshotId();
    String restored = volume(fromSnapshot("pvc-1", snapshot)).getVolumeId();
    String copy = volume(fromVolume("pvc-2", restored)).getVolumeId();

    controller.delete(source);
    delete(snapshot);
    delete(snapshot);
    assertThat(list(ListSnapshotsRequest.getDefaultInstance())).isEmpty();
    controller.delete(restored);
    controller.delete(copy);

    controller.awaitNothingLeft();
  }

  @Test
  void delete_snapshotSurvivesItsVolumeAndRestores() throws Exception {
    String snapshot = create("snapshot-1").getSnapshotId();
    controller.delete(source);

    String restored = volume(fromSnapshot("pvc-1", snapshot)).getVolumeId();

    controller.delete(restored);
    delete(snapshot);
    controller.awaitNothingLeft();
  }

  @Test
  void delete_crashAfterAnyWriteAndCreatedAgain_leavesNothing() throws Exception {
    controller.resumeAfter = Duration.ZERO; // of the purges that the crash cut off
    boolean crashed = true;
    for (int n = 1; crashed; n++) {
      String snapshot = create("snapshot-1").getSnapshotId();
      controller.cluster.operations().crashAfter(n);
      try {
        delete(snapshot);
      } catch (MemoryOperations.Crash e) {
        // the process is gone
      }
      crashed = controller.cluster.operations().restart();
      controller.restart(new ControllerSettings(false, ""));
      delete(create("snapshot-1").getSnapshotId());
      delete(snapshot); // as who has got no answer does some time
      controller.delete(source);
      controller.awaitNothingLeft();
      source = controller.create("pvc-source").getVolume().getVolumeId();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void copy_anotherDriverDeletesItsSourceMeanwhile_isNotFound(boolean ofSnapshot) {
    String snapshot = create("snapshot-1").getSnapshotId();
    String image = ofSnapshot ? "csi-snap-" + uuid(snapshot) : "csi-vol-" + uuid(source);
    try (MemoryPool pool = controller.pool()) {
      String looked = "read parent of image " + pool.imageId(image).orElseThrow();
      controller
          .cluster
          .operations()
          .before(operation -> {
            if (operation.equals(looked) && pool.imageId(image).isPresent()) {
              pool.trashMove(image, Duration.ZERO);
            }
          });
      var request =
          ofSnapshot
              ? Controller.restoring("pvc-1", snapshot)
              : Controller.copying("pvc-1", source);

      assertThatThrownBy(() -> controller.create(request))
          .isInstanceOf(CsiException.NotFound.class)
          .hasMessageContaining(ofSnapshot ? snapshot : source);

      assertThat(pool.list("csi.volumes.default", "", 10))
          .containsOnlyKeys("csi.volume.pvc-source");
    }
  }

  @Test
  void delete_imageHasANewId_leavesNothing() throws Exception {
    String snapshot = create("snapshot-1").getSnapshotId();
    controller.replaceImage("csi-snap-" + uuid(snapshot));

    delete(snapshot);
    controller.delete(source);

    controller.awaitNothingLeft();
  }

  @Test
  void create_againWhenItsImageHasANewId_isFound() {
    String snapshot = create("snapshot-1").getSnapshotId();
    controller.replaceImage("csi-snap-" + uuid(snapshot));
    try (MemoryPool pool = controller.pool()) {
      pool.removeKeys("csi.snap." + uuid(snapshot), Set.of("cephcsi.cutat")); // as of ceph-csi's
    }

    Snapshot again = create("snapshot-1");

    assertThat(again.getSnapshotId()).isEqualTo(snapshot);
    assertThat(again.getReadyToUse()).isTrue();
    assertThat(again.getCreationTime().getSeconds()).isPositive();
  }

  @Test
  void delete_idOfNoSnapshot_isFine() {
    assertThatCode(() -> delete("nonsense")).doesNotThrowAnyException();
    assertThatCode(() -> delete(source)).doesNotThrowAnyException();
    assertThatThrownBy(() -> delete("")).isInstanceOf(CsiException.InvalidArgument.class);
    assertThat(controller.create("pvc-source").getVolume().getVolumeId()).isEqualTo(source);
  }

  /** L9: an interrupted copy of either driver leaves a snapshot on the source. */
  @Test
  void delete_sourceOfAnInterruptedCopy_isPurged() throws Exception {
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage("csi-vol-" + uuid(source))) {
      open.createSnapshot("csi-vol-b0285c97-a0ce-11eb-8c66-0242ac110002-temp");
    }

    controller.delete(source);

    controller.awaitNothingLeft();
  }

  @Test
  void list_filtersAndPages() {
    String other = controller.create("pvc-other").getVolume().getVolumeId();
    String first = create("snapshot-1").getSnapshotId();
    String second = create("snapshot-2", other).getSnapshotId();
    var all = ListSnapshotsRequest.getDefaultInstance();

    assertThat(list(all)).containsExactly(first, second);
    assertThat(list(all.toBuilder().setSourceVolumeId(other).build())).containsExactly(second);
    assertThat(list(all.toBuilder().setSnapshotId(first).build())).containsExactly(first);
    assertThat(list(all.toBuilder().setSnapshotId(source).build())).isEmpty();
    assertThat(list(all.toBuilder().setSnapshotId("nonsense").build())).isEmpty();
    assertThat(list(all.toBuilder().setSourceVolumeId("nonsense").build())).isEmpty();
    assertThat(list(all.toBuilder().setSnapshotId(first).setSourceVolumeId(other).build()))
        .isEmpty();
    var page = controller.listSnapshots.answer(all.toBuilder().setMaxEntries(1).build());
    assertThat(page.getEntriesList()).hasSize(1);
    assertThat(list(all.toBuilder().setStartingToken(page.getNextToken()).build()))
        .containsExactly(second);
    assertThatThrownBy(() -> list(all.toBuilder().setStartingToken("nonsense").build()))
        .isInstanceOf(CsiException.Aborted.class);
  }

  @Test
  void get_tellsTheSameAsCreate() {
    Snapshot made = create("snapshot-1");
    var ask = GetSnapshotRequest.newBuilder().setSnapshotId(made.getSnapshotId()).build();

    assertThat(controller.getSnapshot.answer(ask).getSnapshot()).isEqualTo(made);

    delete(made.getSnapshotId());
    assertThatThrownBy(() -> controller.getSnapshot.answer(ask))
        .isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void tooDeep_isAbortedAndSucceedsWhenTheSourceWasFlattened() throws Exception {
    controller.restart(new ControllerSettings(false, "", new CloneLimits(3, 3, 450, 250)));
    String a = volume(fromVolume("pvc-a", source)).getVolumeId();
    String b = volume(fromVolume("pvc-b", a)).getVolumeId();

    String c = eventually(() -> volume(fromVolume("pvc-c", b)).getVolumeId());

    for (String id : new String[] {source, a, b, c}) {
      controller.delete(id);
    }
    controller.awaitNothingLeft();
  }

  @Test
  void tooManySnapshots_isResourceExhaustedUntilSomeAreFlattened() throws Exception {
    controller.restart(new ControllerSettings(false, "", new CloneLimits(8, 4, 2, 1)));
    for (int n = 0; n < 3; n++) {
      var _ = create("snapshot-" + n);
    }

    assertThat(eventually(() -> create("snapshot-3")).getReadyToUse()).isTrue();
  }

  /** While the flattening that is to make room has not come far. */
  @Test
  void tooManySnapshots_isResourceExhaustedAndNamesImageAndLimit() throws Exception {
    controller.restart(new ControllerSettings(false, "", new CloneLimits(8, 4, 2, 1)));
    var flattening = new CountDownLatch(1);
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("flatten image")) {
            awaitQuietly(flattening);
          }
        });
    for (int n = 0; n < 3; n++) {
      var _ = create("snapshot-" + n);
    }

    assertThatThrownBy(() -> create("snapshot-3"))
        .isInstanceOf(CsiException.ResourceExhausted.class)
        .hasMessageContaining("image csi-vol-" + uuid(source) + " has 3 snapshots")
        .hasMessageContaining("--maxsnapshotsonimage 2")
        .hasMessageContaining("ask again");

    flattening.countDown();
    assertThat(eventually(() -> create("snapshot-3")).getReadyToUse()).isTrue();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ceph refuses the name, and this process has not yet heard of the other's snapshot. */
  @Test
  void create_anotherProcessJustMakesTheSame_isAbortedAndSucceedsThen() throws Exception {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("create snapshot csi-snap-")) {
            controller.cluster.operations().before(_ -> {});
            throw new CephException(Errno.EEXIST, operation);
          }
        });

    assertThatThrownBy(() -> create("snapshot-1"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageMatching(
            "snapshot csi-snap-\\S+ of image \\S+ is just being made .*: ask again");

    Snapshot snapshot = create("snapshot-1");
    assertThat(snapshot.getReadyToUse()).isTrue();
    delete(snapshot.getSnapshotId());
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void create_classOfAnotherCluster_isInvalidAndLeavesNothing() throws Exception {
    addCluster();

    assertThatThrownBy(() ->
            controller.createSnapshot.answer(
                snapshotRequest("a", source).putParameters("clusterID", "two").build()))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("clusterID two is another cluster than the volume's, one")
        .hasMessageContaining("name the volume's in the class");

    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void restore_intoAnotherCluster_isInvalidAndLeavesNothing() throws Exception {
    addCluster();
    String snapshot = create("snapshot-1").getSnapshotId();

    for (var request : List.of(fromSnapshot("b", snapshot), fromVolume("b", source))) {
      assertThatThrownBy(() -> volume(request.putParameters("clusterID", "two")))
          .isInstanceOf(CsiException.InvalidArgument.class)
          .hasMessageContaining("the source is in cluster one, the new volume in cluster two")
          .hasMessageContaining("name the source's");
    }

    try (MemoryPool other = second.pool("rbd")) {
      assertThat(other.images()).isEmpty();
      assertThat(other.list("csi.volumes.default", "", 10)).isEmpty();
    }
    delete(snapshot);
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  private void addCluster() throws IOException {
    controller.clusters.add("mon2", second);
    Files.writeString(
        controller.config,
        """
        [{"clusterID":"one","monitors":["mon"]},{"clusterID":"two","monitors":["mon2"]}]
        """);
  }

  /** C5, L9 and reference 3.4.3: every row of a copy that ceph-csi left half-made. */
  @Test
  void copy_interruptedByCephCsi_isFinishedWithNothingLeft() throws Exception {
    for (int row = 0; row < 4; row++) {
      String name = "pvc-row" + row;
      String uuid = "b0285c97-a0ce-11eb-8c66-0242ac11000" + row;
      String image = "csi-vol-" + uuid;
      String of = "csi-vol-" + uuid(source);
      try (MemoryPool pool = controller.pool()) {
        var _ =
            pool.create("csi.volume." + uuid, Map.of("csi.volname", name, "csi.imagename", image));
        var _ = pool.compareAndPut("csi.volumes.default", "csi.volume." + name, "", uuid);
        try (Image open = pool.openImage(of)) {
          open.createSnapshot(image + "-temp");
        }
        if (row > 0) {
          pool.cloneImage(pool, of, image + "-temp", image + "-temp", ImageOptions.DEFAULT);
        }
        if (row > 1) {
          try (Image open = pool.openImage(of)) {
            open.removeSnapshot(image + "-temp");
          }
        }
        if (row > 2) {
          try (Image open = pool.openImage(image + "-temp")) {
            open.createSnapshot(image);
          }
          pool.cloneImage(pool, image + "-temp", image, image, ImageOptions.DEFAULT);
        }
      }

      Volume made = volume(fromVolume(name, source));

      assertThat(uuid(made.getVolumeId())).isEqualTo(uuid);
      try (MemoryPool pool = controller.pool()) {
        assertThat(pool.imageParent(pool.imageId(image).orElseThrow())).isPresent();
      }
      controller.delete(made.getVolumeId());
    }
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void everyCall_crashBeforeOrAfterAnyWrite_repeatedEndsTheSameWithNothingLeft() throws Exception {
    for (boolean applied : new boolean[] {false, true}) {
      boolean crashed = true;
      for (int n = 1; crashed; n++) {
        crashed = crashAndRepeat(n, applied);
      }
    }
  }

  private boolean crashAndRepeat(int n, boolean applied) throws Exception {
    MemoryOperations operations = controller.cluster.operations();
    if (applied) {
      operations.crashAfter(n);
    } else {
      operations.crashBefore(n);
    }
    try {
      var _ = live();
    } catch (MemoryOperations.Crash e) {
      // the process is gone
    }
    boolean crashed = operations.restart();
    controller.restart(new ControllerSettings(false, ""));
    var ids = live();
    controller.delete(ids.get(2));
    controller.delete(ids.get(1));
    delete(ids.get(0));
    controller.delete(ids.get(3));
    forgetOrphans();
    controller.awaitNothingLeft();
    source = controller.create("pvc-source").getVolume().getVolumeId();
    return crashed;
  }

  /** A snapshot, a volume of it, a copy of that; the source is deleted and made again. */
  private List<String> live() {
    String snapshot = create("snapshot-1").getSnapshotId();
    String restored = volume(fromSnapshot("pvc-1", snapshot)).getVolumeId();
    String copy = volume(fromVolume("pvc-2", restored)).getVolumeId();
    return List.of(snapshot, restored, copy, source);
  }

  /** A crash between the journal's two writes leaves an object that no name leads to. */
  private void forgetOrphans() {
    try (MemoryPool pool = controller.pool()) {
      for (String object : pool.objects()) {
        boolean entry = object.startsWith("csi.volume.") || object.startsWith("csi.snap.");
        if (entry && !pool.get(object, Set.of("csi.imageid")).containsKey("csi.imageid")) {
          pool.remove(object);
        }
      }
    }
  }

  private static <T> T eventually(Supplier<T> call) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (true) {
      try {
        return call.get();
      } catch (CsiException.Aborted | CsiException.ResourceExhausted e) {
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.sleep(5);
      }
    }
  }

  private Snapshot create(String name) {
    return create(name, source);
  }

  private Snapshot create(String name, String volume) {
    return controller.createSnapshot.answer(snapshotRequest(name, volume).build()).getSnapshot();
  }

  private static CreateSnapshotRequest.Builder snapshotRequest(String name, String volume) {
    return CreateSnapshotRequest.newBuilder()
        .setName(name)
        .setSourceVolumeId(volume)
        .putParameters("clusterID", "one")
        .putAllSecrets(SECRETS);
  }

  private void delete(String snapshot) {
    controller.deleteSnapshot.answer(
        DeleteSnapshotRequest.newBuilder().setSnapshotId(snapshot).putAllSecrets(SECRETS).build());
  }

  private List<String> list(ListSnapshotsRequest request) {
    return controller.listSnapshots.answer(request).getEntriesList().stream()
        .map(e -> e.getSnapshot().getSnapshotId())
        .toList();
  }

  private Volume volume(CreateVolumeRequest.Builder request) {
    return controller.createVolume.answer(request.build()).getVolume();
  }

  private static CreateVolumeRequest.Builder fromSnapshot(String name, String id) {
    var source = SnapshotSource.newBuilder().setSnapshotId(id);
    return request(name)
        .setVolumeContentSource(VolumeContentSource.newBuilder().setSnapshot(source));
  }

  private static CreateVolumeRequest.Builder fromVolume(String name, String id) {
    var source = VolumeSource.newBuilder().setVolumeId(id);
    return request(name).setVolumeContentSource(VolumeContentSource.newBuilder().setVolume(source));
  }

  private static CapacityRange range(long bytes) {
    return CapacityRange.newBuilder().setRequiredBytes(bytes).build();
  }

  private static String uuid(String id) {
    return id.substring(id.length() - 36);
  }

  private long size(Volume volume) {
    try (MemoryPool pool = controller.pool()) {
      return pool.stored("csi-vol-" + uuid(volume.getVolumeId())).orElseThrow().sizeBytes();
    }
  }

  private Map<String, String> metadata(String image) {
    try (MemoryPool pool = controller.pool()) {
      return pool.stored(image).orElseThrow().metadata();
    }
  }

  private static List<String> names(MemoryPool pool, String image) {
    return pool.stored(image).orElseThrow().snapshots().stream()
        .map(s -> s.kind() + " " + s.name())
        .toList();
  }
}
