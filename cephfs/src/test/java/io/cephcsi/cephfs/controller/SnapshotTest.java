package io.cephcsi.cephfs.controller;

import static io.cephcsi.cephfs.controller.Controller.GIB;
import static io.cephcsi.cephfs.controller.Controller.copy;
import static io.cephcsi.cephfs.controller.Controller.restore;
import static io.cephcsi.cephfs.controller.Controller.show;
import static io.cephcsi.cephfs.controller.Controller.uuid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import csi.v1.GetSnapshotRequest;
import csi.v1.ListSnapshotsRequest;
import csi.v1.Snapshot;
import csi.v1.Volume;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cephfs.StoredSubvolume;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CallSettings;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RpcName;
import io.cephcsi.journal.SnapshotReferences;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots, what is restored from them, and copies of volumes. */
class SnapshotTest {
  @TempDir Path directory;
  private Controller controller;
  private String volume;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    volume = controller.create("pvc-1").getVolume().getVolumeId();
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  @Test
  void create_writesWhatCephCsiWrites_andTheOwnerWhereItBelongs_W4() {
    Volume owned =
        controller.create(
            Controller.request("pvc-2").putParameters("csi.storage.k8s.io/pvc/namespace", "team"));
    Snapshot snapshot = controller.cut("snap-1", owned.getVolumeId());

    assertThat(snapshot.getSizeBytes()).isEqualTo(GIB);
    assertThat(snapshot.getReadyToUse()).isTrue();
    assertThat(snapshot.getSourceVolumeId()).isEqualTo(owned.getVolumeId());
    String uuid = uuid(snapshot.getSnapshotId());
    assertThat(controller.stored(owned.getVolumeId()).snapshots)
        .containsOnlyKeys("csi-snap-" + uuid);
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.snaps.default", "", 10)).isEqualTo(Map.of("csi.snap.snap-1", uuid));
      assertThat(pool.list("csi.snap." + uuid, "", 20))
          .containsEntry("csi.snapname", "snap-1")
          .containsEntry("csi.imagename", "csi-snap-" + uuid)
          .containsEntry("csi.source", "csi-vol-" + uuid(owned.getVolumeId()))
          .containsEntry("csi.volume.owner", "team")
          .doesNotContainKey("");
    }
  }

  @Test
  void everyCallOnAVolume_asksTheManagerOnce() {
    controller.cluster.operations().reset();
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    assertThat(controller.managerCommands()).containsExactly("fs subvolume snapshot create");
    controller.cluster.operations().reset();
    controller.expand(volume, 2 * GIB);
    assertThat(controller.managerCommands()).containsExactly("fs subvolume resize");
    controller.cluster.operations().reset();
    controller.deleteSnapshot(snapshot);
    assertThat(controller.managerCommands()).containsExactly("fs subvolume snapshot rm");
    controller.cluster.operations().reset();
    controller.delete(volume);
    assertThat(controller.managerCommands()).containsExactly("fs subvolume rm");
    assertThat(controller.monitorCommands()).isZero();
    controller.assertNothingLeft();
  }

  @Test
  void create_again_isTheSameSnapshot() {
    Snapshot first = controller.cut("snap-1", volume);
    assertThat(controller.cut("snap-1", volume)).isEqualTo(first);
    controller.restart();
    assertThat(controller.cut("snap-1", volume)).isEqualTo(first);
    assertThat(controller.stored(volume).snapshots).hasSize(1);
  }

  @Test
  void create_sameNameOfAnotherVolume_isRefused() {
    controller.cut("snap-1", volume);
    String other = controller.create("pvc-2").getVolume().getVolumeId();
    assertThatThrownBy(() -> controller.cut("snap-1", other))
        .isInstanceOf(CsiException.AlreadyExists.class);
  }

  @ParameterizedTest
  @MethodSource("wrongRequests")
  void create_wrongRequest_isRefused_W19(
      Class<?> refusal, String value, Consumer<CreateSnapshotRequest.Builder> wrong) {
    var request =
        CreateSnapshotRequest.newBuilder()
            .setName("snap-1")
            .setSourceVolumeId(volume)
            .putParameters("clusterID", "one")
            .putAllSecrets(Controller.SECRETS);
    wrong.accept(request);
    assertThatThrownBy(() -> controller.createSnapshot.answer(request.build()))
        .isInstanceOf(refusal)
        .hasMessageContaining(value);
    assertThat(controller.stored(volume).snapshots).isEmpty();
  }

  static Stream<Arguments> wrongRequests() {
    String gone = "0001-0003-one-0000000000000001-b0285c97-a0ce-11eb-8c66-0242ac110002";
    return Stream.of(
        wrong(CsiException.InvalidArgument.class, "name is missing", r -> r.setName("")),
        wrong(CsiException.InvalidArgument.class, "source_volume_id", r -> r.setSourceVolumeId("")),
        wrong(CsiException.InvalidArgument.class, "clusterID", r -> r.clearParameters()),
        wrong(CsiException.InvalidArgument.class, "secrets", r -> r.clearSecrets()),
        wrong(
            CsiException.InvalidArgument.class,
            "clusterID two",
            r -> r.putParameters("clusterID", "two")),
        wrong(
            CsiException.InvalidArgument.class,
            "snapshotNamePrefix",
            r -> r.putParameters("snapshotNamePrefix", "a/b")),
        wrong(CsiException.NotFound.class, "x does not exist", r -> r.setSourceVolumeId("x")),
        wrong(CsiException.NotFound.class, gone, r -> r.setSourceVolumeId(gone)));
  }

  private static Arguments wrong(
      Class<?> refusal, String value, Consumer<CreateSnapshotRequest.Builder> change) {
    return Arguments.of(refusal, value, change);
  }

  @Test
  void create_subvolumeGone_isNotFoundAndLeavesNothing() {
    controller.subvolumes.subvolumes("cephfs", "csi").clear();
    assertThatThrownBy(() -> controller.cut("snap-1", volume))
        .isInstanceOf(CsiException.NotFound.class);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  @Test
  void deleteVolume_withSnapshots_keepsThemAndTheyCanBeRestored() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.delete(volume);

    Volume restored = controller.create(restore("pvc-2", snapshot));

    assertThat(restored.getCapacityBytes()).isEqualTo(GIB);
    controller.deleteSnapshot(snapshot);
    controller.delete(restored.getVolumeId());
    controller.assertNothingLeft();
  }

  @Test
  void deleteVolume_retentionIsNotToBeHad_isRefusedWithSnapshots() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.stored(volume).withoutRetention = true;
    assertThatThrownBy(() -> controller.delete(volume))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("delete them first");
    controller.deleteSnapshot(snapshot);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  @Test
  void restore_larger_isGrown() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    var request = restore("pvc-2", snapshot);
    request.setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(3 * GIB));
    Volume restored = controller.create(request);
    assertThat(restored.getCapacityBytes()).isEqualTo(3 * GIB);
    assertThat(controller.stored(restored.getVolumeId()).quotaBytes).isEqualTo(3 * GIB);
    assertThat(controller.create(request)).isEqualTo(restored);
    assertThat(controller.expand(restored.getVolumeId(), 4 * GIB)).isEqualTo(4 * GIB);
  }

  @Test
  void copy_larger_isGrown() {
    var request = copy("pvc-2", volume);
    request.setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(3 * GIB));
    Volume copy = controller.create(request);
    assertThat(copy.getCapacityBytes()).isEqualTo(3 * GIB);
    assertThat(controller.stored(copy.getVolumeId()).quotaBytes).isEqualTo(3 * GIB);
  }

  @Test
  void create_metadataOn_setsIt() {
    controller.restart(new ControllerSettings(true, "prod", Duration.ofMillis(300)));
    Snapshot snapshot =
        controller
            .createSnapshot
            .answer(
                CreateSnapshotRequest.newBuilder()
                    .setName("snap-1")
                    .setSourceVolumeId(volume)
                    .putParameters("clusterID", "one")
                    .putParameters("csi.storage.k8s.io/volumesnapshot/name", "nightly")
                    .putParameters("csi.storage.k8s.io/volumesnapshot/namespace", "team")
                    .putAllSecrets(Controller.SECRETS)
                    .build())
            .getSnapshot();
    String name = "csi-snap-" + uuid(snapshot.getSnapshotId());
    var expected =
        Map.of(
            "csi.storage.k8s.io/volumesnapshot/name", "nightly",
            "csi.storage.k8s.io/volumesnapshot/namespace", "team",
            "csi.ceph.com/cluster/name", "prod");
    assertThat(controller.stored(volume).snapshots)
        .hasEntrySatisfying(name, cut -> assertThat(cut.metadata).isEqualTo(expected));
  }

  @Test
  void deleteSnapshot_goneByHand_isFine() {
    String cut = controller.cut("snap-1", volume).getSnapshotId();
    String other = controller.cut("snap-2", volume).getSnapshotId();
    controller.stored(volume).snapshots.remove("csi-snap-" + uuid(cut));
    controller.deleteSnapshot(cut);
    controller.subvolumes.subvolumes("cephfs", "csi").clear();
    controller.deleteSnapshot(other);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  @Test
  void radosNamespaceOfTheCluster_hasAllOfTheJournal_W5() throws Exception {
    Files.writeString(
        controller.config,
        """
        [{"clusterID":"one","monitors":["mon"]},
         {"clusterID":"two","monitors":["mon"],"cephFS":{"radosNamespace":"other"}}]
        """);
    Volume second =
        controller.create(Controller.request("pvc-2").putParameters("clusterID", "two"));
    Snapshot snapshot =
        controller
            .createSnapshot
            .answer(
                CreateSnapshotRequest.newBuilder()
                    .setName("snap-2")
                    .setSourceVolumeId(second.getVolumeId())
                    .putParameters("clusterID", "two")
                    .putAllSecrets(Controller.SECRETS)
                    .build())
            .getSnapshot();
    Volume restored =
        controller.create(
            restore("pvc-3", snapshot.getSnapshotId()).putParameters("clusterID", "two"));

    try (MemoryPool pool = controller.cluster.pool("cephfs_metadata", "other")) {
      assertThat(pool.objects())
          .containsExactlyInAnyOrder(
              "csi.volumes.default",
              "csi.snaps.default",
              "csi.volume." + uuid(second.getVolumeId()),
              "csi.volume." + uuid(restored.getVolumeId()),
              "csi.snap." + uuid(snapshot.getSnapshotId()));
    }
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.objects())
          .containsExactlyInAnyOrder("csi.volumes.default", "csi.volume." + uuid(volume));
    }
  }

  @Test
  void restore_smaller_isRefusedAndLeavesNothing() {
    controller.expand(volume, 5 * GIB);
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.OutOfRange.class)
        .hasMessageContaining("5368709120");
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(1);
  }

  /** ceph-csi notes no size, and the volume may have grown since. */
  @Test
  void restore_snapshotOfCephCsi_canHaveTheSizeThatItHadThen() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    forgetSize(snapshot);
    controller.expand(volume, 5 * GIB);

    Volume restored = controller.create(restore("pvc-2", snapshot));
    Volume shown = controller.create(show("pvc-3", snapshot));

    assertThat(restored.getCapacityBytes()).isEqualTo(GIB);
    assertThat(controller.stored(restored.getVolumeId()).quotaBytes).isEqualTo(GIB);
    assertThat(shown.getCapacityBytes()).isEqualTo(GIB);
  }

  private void forgetSize(String snapshot) {
    try (MemoryPool pool = controller.pool()) {
      pool.removeKeys("csi.snap." + uuid(snapshot), Set.of("cephcsi.bytes"));
    }
  }

  /** The copy's own quota tells. */
  @Test
  void restore_smallerOfASnapshotOfCephCsi_isRefusedAndLeavesNothing() {
    controller.expand(volume, 5 * GIB);
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    forgetSize(snapshot);

    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.OutOfRange.class)
        .hasMessageContaining("5368709120");

    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(1);
  }

  /** ceph-csi grows a volume without a note in the journal, which has 1 GiB of it. */
  @Test
  void cut_grownByAnotherDriver_hasTheRealSizeAndIsNotRestoredSmaller() {
    controller.restart();
    controller.stored(volume).quotaBytes = 50 * GIB;

    Snapshot snapshot = controller.cut("snap-1", volume);

    assertThat(snapshot.getSizeBytes()).isEqualTo(50 * GIB);
    controller.cluster.operations().reset();
    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot.getSnapshotId())))
        .isInstanceOf(CsiException.OutOfRange.class);
    assertThat(controller.managerCommands()).doesNotContain("fs subvolume snapshot clone");
    controller.cluster.operations().reset();
    assertThat(controller.cut("snap-2", volume).getSizeBytes()).isEqualTo(50 * GIB);
    assertThat(controller.managerCommands()).containsExactly("fs subvolume snapshot create");
  }

  @Test
  void restore_intoAnotherFileSystem_isRefused_W7() {
    controller.subvolumes.addFileSystem("two");
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    assertThatThrownBy(
            () -> controller.create(restore("pvc-2", snapshot).putParameters("fsName", "two")))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("another filesystem");
    assertThat(controller.subvolumes.subvolumes("two", "csi")).isEmpty();
  }

  /** A refused volume of another place is none of those that show it. */
  @Test
  void show_inAnotherFileSystemOfADeletedSnapshotThatIsShown_leavesItToItsVolumes_W7() {
    controller.subvolumes.addFileSystem("two");
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    String shown = controller.create(show("pvc-2", snapshot)).getVolumeId();
    controller.deleteSnapshot(snapshot);

    assertThatThrownBy(
            () -> controller.create(show("pvc-3", snapshot).putParameters("fsName", "two")))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("another filesystem");

    assertThat(controller.stored(volume).snapshots).hasSize(1);
    controller.delete(shown);
    assertThat(controller.stored(volume).snapshots).isEmpty();
  }

  @Test
  void restore_intoAnotherGroup_isMadeThere_W7() throws Exception {
    Files.writeString(
        controller.config,
        """
        [{"clusterID":"one","monitors":["mon"]},
         {"clusterID":"two","monitors":["mon"],"cephFS":{"subvolumeGroup":"other"}}]
        """);
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    String first =
        controller
            .create(Controller.request("pvc-0").putParameters("clusterID", "two"))
            .getVolumeId();
    Volume restored =
        controller.create(restore("pvc-2", snapshot).putParameters("clusterID", "two"));
    assertThat(controller.subvolumes.subvolumes("cephfs", "other"))
        .containsOnlyKeys("csi-vol-" + uuid(first), "csi-vol-" + uuid(restored.getVolumeId()));
  }

  /** Nobody else makes it where all volumes of a cluster's id begin as copies. */
  @Test
  void restoreAndCopy_intoAGroupThatIsNotThereYet_makeIt() throws Exception {
    Files.writeString(
        controller.config,
        """
        [{"clusterID":"one","monitors":["mon"]},
         {"clusterID":"two","monitors":["mon"],"cephFS":{"subvolumeGroup":"other"}},
         {"clusterID":"three","monitors":["mon"],"cephFS":{"subvolumeGroup":"another"}}]
        """);
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();

    Volume restored =
        controller.create(restore("pvc-2", snapshot).putParameters("clusterID", "two"));
    Volume copied = controller.create(copy("pvc-3", volume).putParameters("clusterID", "three"));

    assertThat(controller.subvolumes.subvolumes("cephfs", "other"))
        .containsOnlyKeys("csi-vol-" + uuid(restored.getVolumeId()));
    assertThat(controller.subvolumes.subvolumes("cephfs", "another"))
        .containsOnlyKeys("csi-vol-" + uuid(copied.getVolumeId()));
  }

  @Test
  void restore_slowClone_isAbortedWithProgressAndJoinedLater() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.subvolumes.clonesTake(6);
    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("still makes the clone");
    assertThatThrownBy(() -> controller.deleteSnapshot(snapshot))
        .isInstanceOf(CsiException.FailedPrecondition.class);
    assertThatThrownBy(() -> controller.create(restore("pvc-3", snapshot)))
        .isInstanceOf(CsiException.Aborted.class);
    controller.create(restore("pvc-2", snapshot));
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(3);
  }

  /** Who waits for the clone no longer than the caller does: that one would hear of nothing. */
  @Test
  void restore_slowClone_isAbortedWithProgressBeforeTheCallersDeadline() throws Exception {
    controller.restart(new ControllerSettings(false, "", Duration.ofSeconds(20)));
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.subvolumes.clonesTake(1000);
    var timer = Executors.newSingleThreadScheduledExecutor();
    long start = System.nanoTime();

    Throwable failure;
    try (var calls = new Calls(CallSettings.DEFAULT);
        var caller = Context.current().withDeadlineAfter(3, TimeUnit.SECONDS, timer)) {
      failure = answered(calls, caller, restore("pvc-2", snapshot).build());
    } finally {
      timer.shutdownNow();
    }

    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(1500), Duration.ofMillis(2900));
    assertThat(Status.fromThrowable(failure).getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(failure).hasMessageContaining("still makes the clone").hasMessageContaining("turn");
  }

  private Throwable answered(Calls calls, Context caller, CreateVolumeRequest request)
      throws Exception {
    var failure = new CompletableFuture<Throwable>();
    caller.run(() ->
        calls.answer(
            RpcName.ofDriver("CreateVolume"),
            controller.createVolume,
            request,
            new StreamObserver<CreateVolumeResponse>() {
              @Override
              public void onNext(CreateVolumeResponse answer) {
                failure.completeExceptionally(new AssertionError(answer.toString()));
              }

              @Override
              public void onError(Throwable e) {
                failure.complete(e);
              }

              @Override
              public void onCompleted() {}
            }));
    return failure.get(30, TimeUnit.SECONDS);
  }

  @Test
  void create_anotherWishForACloneInProgress_isRefusedAndLeavesIt() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.subvolumes.clonesTake(1000);
    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.Aborted.class);
    assertThatThrownBy(() -> controller.create("pvc-2"))
        .isInstanceOf(CsiException.AlreadyExists.class);
    assertThatThrownBy(() -> controller.create(show("pvc-2", snapshot)))
        .isInstanceOf(CsiException.AlreadyExists.class);
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(2);
  }

  /** What ceph-csi has begun has no parameters in the journal. */
  @Test
  void create_anotherWishForACloneOfCephCsi_isRefusedAndLeavesIt() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    String clone = beginClone("pvc-2", snapshot);
    try (MemoryPool pool = controller.pool()) {
      pool.removeKeys("csi.volume." + uuid(clone), Set.of("cephcsi.parameters"));
    }

    assertThatThrownBy(() -> controller.create("pvc-2"))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("volume pvc-2 is just made as a copy");

    assertThat(controller.stored(clone).state).isEqualTo("pending");
  }

  @Test
  void cutAndExpand_ofACloneInProgress_areAbortedUntilItIsComplete() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    String clone = beginClone("pvc-2", snapshot);

    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> controller.cut("snap-2", clone), () -> controller.expand(clone, 2 * GIB))) {
      assertThatThrownBy(call)
          .isInstanceOf(CsiException.Aborted.class)
          .hasMessage("volume " + clone + " is a copy that is not complete, ask again");
    }

    assertThat(controller.stored(clone).state).isEqualTo("pending");
    controller.stored(clone).state = "complete";
    controller.create(restore("pvc-2", snapshot));
    assertThat(controller.expand(clone, 2 * GIB)).isEqualTo(2 * GIB);
  }

  /** The id of a volume whose copy the manager has begun, and does not end. */
  private String beginClone(String name, String snapshot) {
    controller.subvolumes.clonesTake(1000);
    assertThatThrownBy(() -> controller.create(restore(name, snapshot)))
        .isInstanceOf(CsiException.Aborted.class);
    return clones().stream()
        .map(clone -> volume.replace(uuid(volume), clone.substring("csi-vol-".length())))
        .findFirst()
        .orElseThrow();
  }

  private Set<String> clones() {
    Set<String> names = new TreeSet<>(controller.subvolumes.subvolumes("cephfs", "csi").keySet());
    names.remove("csi-vol-" + uuid(volume));
    return names;
  }

  /** Before the manager tells of it, and when it has just told that it is complete. */
  @ParameterizedTest
  @CsvSource({
    "fs clone status, 'the clone \\S+ is gone, .*: ask again, then it starts anew'",
    "fs subvolume info, 'subvolume \\S+ was removed while it was made, ask again'"
  })
  void restore_cloneRemovedMeanwhile_isAbortedAndMadeByTheNext(String command, String words) {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    beforeOnce(
        command,
        () -> controller.subvolumes.subvolumes("cephfs", "csi").keySet().removeAll(clones()));

    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageMatching(words);

    assertThat(clones()).isEmpty();
    assertWholeAndDeleted(controller.create(restore("pvc-2", snapshot)), snapshot);
  }

  @Test
  void restore_cloneFailsMeanwhile_isAbortedWithTheReasonAndBegunAnew() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.subvolumes.clonesTake(1000);
    beforeOnce(
        "fs clone status",
        () -> {
          controller.subvolumes.subvolumes("cephfs", "csi").values().stream()
              .filter(s -> s.state.equals("pending"))
              .forEach(s -> s.state = "failed");
          controller.subvolumes.clonesTake(0);
        });

    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("the clone csi-vol-")
        .hasMessageContaining("failed: Disk quota exceeded")
        .hasMessageContaining("ask again, then it starts anew");

    assertWholeAndDeleted(controller.create(restore("pvc-2", snapshot)), snapshot);
  }

  private void assertWholeAndDeleted(Volume restored, String snapshot) {
    assertThat(controller.stored(restored.getVolumeId()).state).isEqualTo("complete");
    controller.delete(restored.getVolumeId());
    controller.deleteSnapshot(snapshot);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  private void beforeOnce(String command, Runnable work) {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains(command)) {
            controller.cluster.operations().before(_ -> {});
            work.run();
          }
        });
  }

  /** The manager says that a clone is complete a little before it lets go of the snapshot. */
  @Test
  void copy_managerKeepsTheSnapshot_isAbortedAndCleanedByTheNext() {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains("fs subvolume snapshot rm")) {
            throw new CephException(Errno.EAGAIN, operation + ": snapshot has pending clones");
          }
        });

    assertThatThrownBy(() -> controller.create(copy("pvc-2", volume)))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("the copy is complete")
        .hasMessageContaining("of subvolume csi-vol-" + uuid(volume))
        .hasMessageEndingWith("ask again");
    assertThat(controller.stored(volume).snapshots).hasSize(1);

    controller.cluster.operations().before(_ -> {});
    Volume copy = controller.create(copy("pvc-2", volume));
    assertThat(controller.stored(volume).snapshots).isEmpty();
    controller.delete(copy.getVolumeId());
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  /** By a driver that was killed after it had noted that it deletes. */
  @Test
  void create_nameOfASnapshotThatIsBeingDeleted_isAbortedUntilItIsGone() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.cluster.operations().crashAfter(1);
    assertThatThrownBy(() -> controller.deleteSnapshot(snapshot))
        .isInstanceOf(MemoryOperations.Crash.class);
    controller.cluster.operations().restart();
    controller.restart();

    assertThatThrownBy(() -> controller.cut("snap-1", volume))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessage("snapshot snap-1 is being deleted, ask again when that is done");

    controller.deleteSnapshot(snapshot);
    assertThat(controller.cut("snap-1", volume).getSnapshotId()).isNotEqualTo(snapshot);
  }

  @Test
  void create_classOfAnotherGroup_isInvalidAndLeavesNothing() throws Exception {
    Files.writeString(
        controller.config,
        """
        [{"clusterID":"one","monitors":["mon"]},
         {"clusterID":"two","monitors":["mon"],"cephFS":{"subvolumeGroup":"other"}}]
        """);
    var request =
        CreateSnapshotRequest.newBuilder()
            .setName("snap-1")
            .setSourceVolumeId(volume)
            .putParameters("clusterID", "two")
            .putAllSecrets(Controller.SECRETS)
            .build();

    assertThatThrownBy(() -> controller.createSnapshot.answer(request))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("clusterID two is another cluster, subvolume group")
        .hasMessageContaining("than the volume's, one: name the volume's in the class");

    controller.delete(volume);
    controller.assertNothingLeft();
  }

  @Test
  void copy_ofACloneInProgress_isAborted() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    String clone = beginClone("pvc-2", snapshot);
    assertThatThrownBy(() -> controller.create(copy("pvc-3", clone)))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("not complete");
    controller.delete(clone);
    controller.deleteSnapshot(snapshot);
    controller.delete(volume);
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).isEmpty();
  }

  @Test
  void restore_brokenClone_isCleanedAndBegunAnew_W9() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    for (String state : List.of("failed", "canceled", "odd")) {
      controller.subvolumes.clonesTake(1000);
      assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
          .isInstanceOf(CsiException.Aborted.class);
      controller.subvolumes.subvolumes("cephfs", "csi").values().stream()
          .filter(s -> s.state.equals("pending"))
          .forEach(s -> s.state = state);
      controller.subvolumes.clonesTake(0);
      Volume restored = controller.create(restore("pvc-2", snapshot));
      assertThat(controller.stored(restored.getVolumeId()).state).isEqualTo("complete");
      controller.delete(restored.getVolumeId());
    }
  }

  @Test
  void restore_stateCannotBeAsked_isNotTakenForMissing_W1() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.subvolumes.clonesTake(1000);
    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.Aborted.class);
    controller.cluster.operations().before(SnapshotTest::refuseStatus);
    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.Unavailable.class);
    controller.cluster.operations().before(_ -> {});
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(2);
  }

  private static void refuseStatus(String operation) {
    if (operation.contains("clone status")) {
      throw new CephException(Errno.ETIMEDOUT, operation);
    }
  }

  @Test
  void restore_managerHasEnoughClones_isResourceExhaustedAndLeavesNothing() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.subvolumes.setClonerBusy(true);
    assertThatThrownBy(() -> controller.create(restore("pvc-2", snapshot)))
        .isInstanceOf(CsiException.ResourceExhausted.class)
        .hasMessageContaining("max_concurrent_clones");
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(1);
  }

  /** Also amid a clone, and where the manager's own write is refused. */
  @ParameterizedTest
  @ValueSource(ints = {Errno.ENOSPC, Errno.EDQUOT, Errno.EROFS, Errno.EPERM})
  void poolFullOrReadOnlyAtAnyWrite_isToldAndLeavesNothing(int errno) {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.subvolumes.clonesTake(1);
    for (var request :
        List.of(
            Controller.request("pvc-2"),
            copy("pvc-3", volume),
            restore("pvc-4", snapshot),
            show("pvc-5", snapshot))) {
      for (int n = 1; fails(request, n, errno); n++) {
        assertThat(clones()).as("write %d of %s", n, request.getName()).isEmpty();
        assertThat(controller.stored(volume).snapshots).hasSize(1);
      }
    }
    controller.deleteSnapshot(snapshot);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  private boolean fails(CreateVolumeRequest.Builder request, int n, int errno) {
    MemoryOperations operations = controller.cluster.operations();
    operations.failBefore(n, errno);
    try {
      var call = CephFailures.told(controller.createVolume);
      String made = call.answer(request.build()).getVolume().getVolumeId();
      boolean missed = operations.pending();
      operations.restart();
      controller.delete(made);
      return !missed;
    } catch (CsiException e) {
      assertThat(e)
          .as("write %d", n)
          .isInstanceOfAny(
              CsiException.ResourceExhausted.class,
              CsiException.FailedPrecondition.class,
              CsiException.PermissionDenied.class);
      return true;
    }
  }

  /** Both ids look the same. */
  @Test
  void idOfAVolumeForASnapshot_andTheReverse_isNotFoundAndDeletesNothing() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();

    assertMissing("snapshot " + volume, () -> controller.create(restore("pvc-2", volume)));
    assertMissing("snapshot " + volume, () -> controller.create(show("pvc-2", volume)));
    assertMissing("volume " + snapshot, () -> controller.create(copy("pvc-2", snapshot)));
    assertMissing("volume " + snapshot, () -> controller.cut("snap-2", snapshot));
    assertMissing("volume " + snapshot, () -> controller.expand(snapshot, 2 * GIB));
    controller.delete(snapshot);
    controller.deleteSnapshot(volume);

    assertThat(controller.stored(volume).snapshots).hasSize(1);
    assertThat(clones()).isEmpty();
    controller.deleteSnapshot(snapshot);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  private static void assertMissing(String what, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageStartingWith(what + " does not exist: ");
  }

  @Test
  void copy_isMadeByASnapshotThatGoesAway() {
    Volume copy = controller.create(copy("pvc-2", volume));
    assertThat(copy.getCapacityBytes()).isEqualTo(GIB);
    assertThat(copy.getContentSource().getVolume().getVolumeId()).isEqualTo(volume);
    assertThat(controller.stored(volume).snapshots).isEmpty();
    assertThat(controller.create(copy("pvc-2", volume))).isEqualTo(copy);
    controller.delete(volume);
    controller.delete(copy.getVolumeId());
    controller.assertNothingLeft();
  }

  /** Their copies would have names and data that nobody can read. */
  @Test
  void sourceThatCephCsiEncrypts_isNeverCopiedShownOrCut() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    String shown = controller.create(show("pvc-0", snapshot)).getVolumeId();
    controller.encrypt("csi.snap.", snapshot);
    controller.encrypt("csi.volume.", volume);
    controller.cluster.operations().reset();

    assertEncrypted("volume " + volume, () -> controller.create(copy("pvc-2", volume)));
    assertEncrypted("volume " + volume, () -> controller.cut("snap-2", volume));
    assertEncrypted("snapshot " + snapshot, () -> controller.create(restore("pvc-2", snapshot)));
    assertEncrypted("snapshot " + snapshot, () -> controller.create(copy("pvc-2", shown)));
    assertEncrypted("snapshot " + snapshot, () -> controller.create(show("pvc-2", snapshot)));

    assertThat(controller.managerCommands())
        .doesNotContain("fs subvolume snapshot create", "fs subvolume snapshot clone");
    assertThat(controller.expand(volume, 2 * GIB)).isEqualTo(2 * GIB);
    controller.delete(shown);
    controller.deleteSnapshot(snapshot);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  private static void assertEncrypted(String what, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(what + " is encrypted by ceph-csi")
        .hasMessageEndingWith("let ceph-csi do it");
  }

  @Test
  void copyAndRestore_stoppedAtAnyWrite_areWholeWhenAskedAgain() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    var requests =
        List.of(copy("pvc-2", volume), restore("pvc-3", snapshot), show("pvc-4", snapshot));
    for (var request : requests) {
      int n = 1;
      boolean crashed;
      do {
        controller.cluster.operations().crashBefore(n++);
        try {
          controller.create(request);
        } catch (MemoryOperations.Crash e) {
          assertThat(e).isNotNull();
        }
        crashed = controller.cluster.operations().restart();
        controller.restart();
        Volume made = controller.create(request);
        assertThat(controller.stored(volume).snapshots).hasSize(1);
        deleteStoppingAnywhere(made.getVolumeId());
        assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(1);
      } while (crashed);
    }
    controller.deleteSnapshot(snapshot);
    assertThat(controller.stored(volume).snapshots).isEmpty();
  }

  private void deleteStoppingAnywhere(String id) {
    int n = 1;
    boolean crashed;
    do {
      controller.cluster.operations().crashAfter(n++);
      try {
        controller.delete(id);
      } catch (MemoryOperations.Crash e) {
        assertThat(e).isNotNull();
      }
      crashed = controller.cluster.operations().restart();
      controller.restart();
    } while (crashed);
  }

  /** The manager refuses then, but for the snapshots' sake goes without by force. */
  @Test
  void deleteSnapshot_fileSystemFull_isDone() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.subvolumes.fill();

    controller.deleteSnapshot(snapshot);

    controller.delete(volume);
    controller.assertNothingLeft();
  }

  /** ceph-csi leaves its name and entry then; that it is deleted, the tracker alone tells. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void show_ofASnapshotThatCephCsiDeleted_stoppedAnywhere_leavesNothing(boolean done) {
    boolean crashed;
    int n = 1;
    do {
      String snapshot = controller.cut("snap-1", volume).getSnapshotId();
      String shown = controller.create(show("pvc-2", snapshot)).getVolumeId();
      try (MemoryPool pool = controller.pool()) {
        var left = new SnapshotReferences().removeSnapshot(pool, snapshot);
        assertThat(left).isEqualTo(SnapshotReferences.Left.SOME);
      }
      MemoryOperations operations = controller.cluster.operations();
      if (done) {
        operations.crashAfter(n++);
      } else {
        operations.crashBefore(n++);
      }
      try {
        controller.delete(shown);
      } catch (MemoryOperations.Crash e) {
        assertThat(e).isNotNull();
      }
      crashed = operations.restart();
      controller.restart();
      controller.delete(shown);
      assertThat(controller.stored(volume).snapshots).as("stopped at %d", n - 1).isEmpty();
    } while (crashed);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  @Test
  void deleteSnapshot_stoppedAnywhere_leavesNothingWhenAskedAgain() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    int n = 1;
    boolean crashed;
    do {
      controller.cluster.operations().crashBefore(n++);
      try {
        controller.deleteSnapshot(snapshot);
      } catch (MemoryOperations.Crash e) {
        assertThat(e).isNotNull();
      }
      crashed = controller.cluster.operations().restart();
      controller.restart();
    } while (crashed);
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  @Test
  void show_hasNoSubvolume_andTellsWhereTheSnapshotIs() {
    Snapshot snapshot = controller.cut("snap-1", volume);
    Volume shown = controller.create(show("pvc-2", snapshot.getSnapshotId()));

    assertThat(shown.getVolumeContextMap())
        .containsEntry("subvolumeName", "csi-vol-" + uuid(shown.getVolumeId()))
        .containsEntry("subvolumePath", "/volumes/csi/csi-vol-" + uuid(volume) + "/");
    assertThat(shown.getCapacityBytes()).isEqualTo(GIB);
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(1);
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.volume." + uuid(shown.getVolumeId()), "", 10))
          .containsEntry("csi.volume.backingsnapshotid", snapshot.getSnapshotId());
      assertThat(pool.storedObject("rt-backingsnapshot-" + snapshot.getSnapshotId())).isPresent();
    }
    assertThat(controller.create(show("pvc-2", snapshot.getSnapshotId()))).isEqualTo(shown);
  }

  @Test
  void show_snapshotDeletedFirst_staysUntilTheLastVolumeIsGone() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    String one = controller.create(show("pvc-2", snapshot)).getVolumeId();
    String two = controller.create(show("pvc-3", snapshot)).getVolumeId();

    controller.deleteSnapshot(snapshot);
    assertThat(controller.stored(volume).snapshots).hasSize(1);
    assertThat(controller.create(show("pvc-2", snapshot)).getVolumeId()).isEqualTo(one);
    assertThatThrownBy(() -> controller.create(show("pvc-4", snapshot)))
        .isInstanceOf(CsiException.NotFound.class);
    String anew = controller.cut("snap-1", volume).getSnapshotId();
    assertThat(anew).isNotEqualTo(snapshot);
    controller.deleteSnapshot(anew);
    controller.delete(volume);
    controller.delete(one);
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(1);
    controller.deleteSnapshot(snapshot);
    controller.delete(two);
    controller.assertNothingLeft();
  }

  @Test
  void show_snapshotStays_whenItsVolumesAreDeleted() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.delete(controller.create(show("pvc-2", snapshot)).getVolumeId());
    assertThat(controller.stored(volume).snapshots).hasSize(1);
    assertThat(controller.create(restore("pvc-3", snapshot)).getCapacityBytes()).isEqualTo(GIB);
  }

  @Test
  void show_andDeleteByTwoControllers_neitherLosesTheOther() {
    for (int n = 1; n < 12; n++) {
      String snapshot = controller.cut("snap-" + n, volume).getSnapshotId();
      var left = new int[] {n};
      controller
          .cluster
          .operations()
          .before(operation -> {
            if (--left[0] == 0) {
              controller.cluster.operations().before(_ -> {});
              controller.deleteSnapshot(snapshot);
            }
          });
      String shown = shownOrNothing(snapshot, "pvc-" + n + "0");
      controller.cluster.operations().before(_ -> {});
      StoredSubvolume source = controller.stored(volume);
      assertThat(source.snapshots.containsKey("csi-snap-" + uuid(snapshot)))
          .as("call %d", n)
          .isEqualTo(!shown.isEmpty());
      if (!shown.isEmpty()) {
        controller.deleteSnapshot(snapshot);
        controller.delete(shown);
      }
      assertThat(source.snapshots).isEmpty();
    }
    controller.delete(volume);
    controller.assertNothingLeft();
  }

  private String shownOrNothing(String snapshot, String name) {
    try {
      return controller.create(show(name, snapshot)).getVolumeId();
    } catch (CsiException.NotFound e) {
      return "";
    }
  }

  @Test
  void show_backingSnapshotFalse_isACopy() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    controller.create(show("pvc-2", snapshot).putParameters("backingSnapshot", "false"));
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(2);
  }

  @Test
  void show_cannotGrowNorBeCutNorShownAgain_butCopied() {
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    String shown = controller.create(show("pvc-2", snapshot)).getVolumeId();
    assertThatThrownBy(() -> controller.expand(shown, 2 * GIB))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThatThrownBy(() -> controller.cut("snap-2", shown))
        .isInstanceOf(CsiException.InvalidArgument.class);
    var readOnly = show("pvc-3", snapshot);
    readOnly.setVolumeContentSource(copy("x", shown).getVolumeContentSource());
    assertThatThrownBy(() -> controller.create(readOnly))
        .isInstanceOf(CsiException.InvalidArgument.class);
    controller.deleteSnapshot(snapshot);
    Volume copy = controller.create(copy("pvc-4", shown));
    assertThat(controller.stored(copy.getVolumeId()).state).isEqualTo("complete");
  }

  @Test
  void show_inAnotherGroup_isRefused() throws Exception {
    Files.writeString(
        controller.config,
        """
        [{"clusterID":"one","monitors":["mon"]},
         {"clusterID":"two","monitors":["mon"],"cephFS":{"subvolumeGroup":"other"}}]
        """);
    String snapshot = controller.cut("snap-1", volume).getSnapshotId();
    assertThatThrownBy(
            () -> controller.create(show("pvc-2", snapshot).putParameters("clusterID", "two")))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("backingSnapshot");
  }

  @Test
  void listAndGet_tellWhatIsThere() {
    Snapshot one = controller.cut("snap-1", volume);
    Snapshot two = controller.cut("snap-2", volume);
    var all = controller.listSnapshots.answer(ListSnapshotsRequest.getDefaultInstance());
    assertThat(all.getEntriesList()).extracting(e -> e.getSnapshot()).containsExactly(one, two);
    var page =
        controller.listSnapshots.answer(ListSnapshotsRequest.newBuilder().setMaxEntries(1).build());
    assertThat(page.getEntriesList()).extracting(e -> e.getSnapshot()).containsExactly(one);
    var rest =
        controller.listSnapshots.answer(
            ListSnapshotsRequest.newBuilder().setStartingToken(page.getNextToken()).build());
    assertThat(rest.getEntriesList()).extracting(e -> e.getSnapshot()).containsExactly(two);
    var byId = GetSnapshotRequest.newBuilder().setSnapshotId(two.getSnapshotId());
    assertThat(controller.getSnapshot.answer(byId.build()).getSnapshot()).isEqualTo(two);
    controller.deleteSnapshot(two.getSnapshotId());
    assertThatThrownBy(() -> controller.getSnapshot.answer(byId.build()))
        .isInstanceOf(CsiException.NotFound.class);
  }
}
