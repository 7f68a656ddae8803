package io.cephcsi.cephfs.controller;

import static io.cephcsi.cephfs.controller.Controller.GIB;
import static io.cephcsi.cephfs.controller.Controller.request;
import static io.cephcsi.cephfs.controller.Controller.show;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.ControllerGetVolumeHealthRequest;
import csi.v1.ControllerGetVolumeRequest;
import csi.v1.ControllerListVolumeHealthRequest;
import csi.v1.GetCapacityRequest;
import csi.v1.ListVolumesRequest;
import csi.v1.ListVolumesResponse;
import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cephfs.MemoryVolumes;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The controller's smaller RPCs. */
class ControllerTest {
  private static final String GONE =
      "0001-0003-one-0000000000000001-b0285c97-a0ce-11eb-8c66-0242ac110002";

  @TempDir Path directory;
  private Controller controller;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
  }

  @AfterEach
  void stop() {
    controller.close();
  }

  private String create(String name) {
    return controller.create(name).getVolume().getVolumeId();
  }

  @Test
  void delete_whatIsGoneOrNobodys_isFine() {
    String id = create("pvc-1");
    controller.delete(id);
    controller.delete(id);
    controller.delete("nobodys");
    controller.delete(GONE);
    controller.delete("0001-0003-one-0000000000000009-b0285c97-a0ce-11eb-8c66-0242ac110002");
    assertThatThrownBy(() -> controller.delete(""))
        .isInstanceOf(CsiException.InvalidArgument.class);
    controller.assertNothingLeft();
  }

  @Test
  void delete_subvolumeGoneByHand_isFine() {
    String id = create("pvc-1");
    controller.subvolumes.subvolumes("cephfs", "csi").clear();
    controller.delete(id);
    controller.assertNothingLeft();
  }

  /** What it was made in is not looked at any more, and the journal alone leads there. */
  @Test
  void delete_subvolumeGroupChangedInConfigJson_isRefusedUntilItIsNamedAgain() throws Exception {
    String id = create("pvc-1");
    String removed = create("pvc-2");
    String snapshot = controller.cut("snap-1", removed).getSnapshotId();
    controller.delete(removed);
    String before = Files.readString(controller.config);
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"],\"cephFS\":{\"subvolumeGroup\":\"other\"}}]");
    String ofOther = create("pvc-3");

    for (int i = 0; i < 2; i++) {
      assertInGroup("volume " + id, () -> controller.delete(id));
      assertInGroup("snapshot " + snapshot, () -> controller.deleteSnapshot(snapshot));
    }

    assertThat(controller.stored(removed).snapshots).hasSize(1);
    assertThat(controller.stored(id).state).isEqualTo("complete");
    controller.delete(ofOther);
    Files.writeString(controller.config, before);
    assertThat(create("pvc-1")).isEqualTo(id);
    controller.delete(id);
    controller.deleteSnapshot(snapshot);
    controller.assertNothingLeft();
  }

  private static void assertInGroup(String what, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(what + " is in subvolume group csi, and config.json names other")
        .hasMessageContaining("name that one as subvolumeGroup");
  }

  /** Its snapshots stay in the group that it was made in. */
  @Test
  void delete_againAfterTheGroupChanged_findsNoVolumeThere() throws Exception {
    String id = create("pvc-1");
    var _ = controller.cut("snap-1", id);
    controller.cluster.operations().crashBefore(3); // its journal's part of the deletion
    assertThatThrownBy(() -> controller.delete(id)).isInstanceOf(MemoryOperations.Crash.class);
    controller.cluster.operations().restart();
    controller.restart();
    assertThat(controller.stored(id).state).isEqualTo("snapshot-retained");
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"],\"cephFS\":{\"subvolumeGroup\":\"other\"}}]");

    controller.delete(id);

    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.volumes.default", "", 10)).isEmpty();
    }
  }

  @Test
  void delete_fileSystemGone_isFine() {
    String id = create("pvc-1");
    String snapshot = controller.cut("snap-1", id).getSnapshotId();
    controller.subvolumes.removeFileSystem("cephfs");
    controller.deleteSnapshot(snapshot);
    controller.delete(id);
  }

  /** Of a cluster that mirrors another, whose volumes keep their ids. */
  @Test
  void mirrored_volumeOfAClusterThatIsNotConfigured_isFoundInItsMirror_W44() throws Exception {
    String uuid = Controller.uuid(create("pvc-1"));
    String mirrored = new VolumeId("lost", 9, uuid).text();
    assertThatThrownBy(() -> controller.expand(mirrored, 2 * GIB))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("lost");

    Files.writeString(
        controller.mapping,
        "[{\"clusterIDMapping\":{\"lost\":\"one\"},\"CephFSFscIDMapping\":[{\"9\":\"1\"}],\"RBDPoolIDMapping\":[{\"8\":\"1\"}]}]");

    assertThat(controller.expand(mirrored, 2 * GIB)).isEqualTo(2 * GIB);
    assertThatThrownBy(() -> controller.expand(new VolumeId("lost", 8, uuid).text(), 2 * GIB))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("lost");
    controller.deleteSnapshot(controller.cut("snap-1", mirrored).getSnapshotId());
    controller.delete(mirrored);
    controller.delete(mirrored);
    controller.assertNothingLeft();
  }

  /** A second cluster, {@code two}, without a volume. */
  private void addSecondCluster() throws IOException {
    var second = new MemoryCluster();
    var _ = new MemoryVolumes(second);
    controller.clusters.add("mon2", second);
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]},{\"clusterID\":\"two\",\"monitors\":[\"mon2\"]}]");
  }

  /** Its home is asked first, and the mirror when it is not there. */
  @Test
  void mirrored_volumeGoneAtHome_isFoundInTheMirror() throws Exception {
    String id = create("pvc-1");
    addSecondCluster();
    Files.writeString(
        controller.mapping,
        "[{\"clusterIDMapping\":{\"two\":\"one\"},\"CephFSFscIDMapping\":[{\"9\":\"1\"}]}]");

    assertThat(controller.expand(new VolumeId("two", 9, Controller.uuid(id)).text(), 2 * GIB))
        .isEqualTo(2 * GIB);
    assertThatThrownBy(
            () -> controller.expand(new VolumeId("two", 7, Controller.uuid(id)).text(), 3 * GIB))
        .isInstanceOf(CsiException.NotFound.class);
  }

  /** It may be where nobody may look, so that its deletion is not done. */
  @Test
  void mirrored_homeRefusesAndMirrorHasItNot_isNoDeletion() throws Exception {
    String id = create("pvc-1");
    addSecondCluster();
    Files.writeString(
        controller.mapping,
        "[{\"clusterIDMapping\":{\"one\":\"two\"},\"CephFSFscIDMapping\":[{\"1\":\"1\"}]}]");
    controller.clusters.deny("mon");

    assertThatThrownBy(() -> controller.delete(id))
        .isInstanceOf(CephException.class)
        .hasMessageContaining("permission denied");
  }

  @Test
  void expand_growsAndNeverShrinks() {
    String id = create("pvc-1");
    assertThat(controller.expand(id, 3 * GIB)).isEqualTo(3 * GIB);
    assertThat(controller.expand(id, 3 * GIB)).isEqualTo(3 * GIB);
    assertThat(controller.expand(id, 2 * GIB)).isEqualTo(3 * GIB);
    assertThat(controller.stored(id).quotaBytes).isEqualTo(3 * GIB);
  }

  @Test
  void expand_volumeOfCephCsi_isAskedFor() {
    String id = create("pvc-1");
    try (var pool = controller.pool()) {
      pool.removeKeys("csi.volume." + Controller.uuid(id), java.util.Set.of("cephcsi.bytes"));
    }
    controller.stored(id).quotaBytes = 5 * GIB;
    assertThat(controller.expand(id, 2 * GIB)).isEqualTo(5 * GIB);
    assertThat(controller.stored(id).quotaBytes).isEqualTo(5 * GIB);
    assertThat(controller.expand(id, 6 * GIB)).isEqualTo(6 * GIB);
  }

  /** ceph-csi grows a volume without a note in the journal, which has 1 GiB of it. */
  @Test
  void expand_grownByAnotherDriver_isNotShrunk() {
    String id = create("pvc-1");
    controller.restart();
    controller.stored(id).quotaBytes = 50 * GIB;

    assertThat(controller.expand(id, 20 * GIB)).isEqualTo(50 * GIB);

    assertThat(controller.stored(id).quotaBytes).isEqualTo(50 * GIB);
    assertThat(controller.expand(id, 51 * GIB)).isEqualTo(51 * GIB);
  }

  /** The first call of a process looks, and not those after it. */
  @Test
  void expand_volumeOfAnEarlierProcess_asksOnceHowLargeItIs() {
    String id = create("pvc-1");
    controller.restart();
    controller.cluster.operations().reset();

    controller.expand(id, 2 * GIB);
    controller.expand(id, 3 * GIB);
    controller.cut("snap-1", id);

    assertThat(controller.managerCommands())
        .containsExactly(
            "fs subvolume info",
            "fs subvolume resize",
            "fs subvolume resize",
            "fs subvolume snapshot create");
  }

  @Test
  void expand_volumeThatTheManagerHalfMade_isAbortedUntilItIsAskedForAgain() {
    String id = create("pvc-1");
    try (var pool = controller.pool()) {
      pool.removeKeys("csi.volume." + Controller.uuid(id), java.util.Set.of("cephcsi.bytes"));
    }
    controller.stored(id).halfMade = true;

    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> controller.expand(id, 2 * GIB), () -> controller.cut("snap-1", id))) {
      assertThatThrownBy(call)
          .isInstanceOf(CsiException.Aborted.class)
          .hasMessage("volume " + id + " is not made yet, ask for it again first");
    }

    assertThat(create("pvc-1")).isEqualTo(id);
    assertThat(controller.expand(id, 2 * GIB)).isEqualTo(2 * GIB);
  }

  /** It was whole: to ask for it again would not help. */
  @Test
  void expand_volumeThatLostItsMetadata_isRefusedAndSaysWhereItsDataIs() {
    String id = create("pvc-1");
    controller.stored(id).halfMade = true;
    controller.restart(); // else it knows the size, and asks nothing

    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> controller.expand(id, 2 * GIB), () -> controller.cut("snap-1", id))) {
      assertThatThrownBy(call)
          .isInstanceOf(CsiException.FailedPrecondition.class)
          .hasMessageContaining("of volume pvc-1 has lost its metadata")
          .hasMessageContaining("see /volumes/csi/csi-vol-" + Controller.uuid(id));
    }
  }

  @Test
  void expand_toLessThanIsUsed_isOutOfRange() {
    String id = create("pvc-1");
    controller.stored(id).usedBytes = 7 * GIB;
    assertThatThrownBy(() -> controller.expand(id, 2 * GIB))
        .isInstanceOf(CsiException.OutOfRange.class);
  }

  @Test
  void expand_wrongRequests_areRefused() {
    String id = create("pvc-1");
    assertThatThrownBy(() -> controller.expand("", GIB))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThatThrownBy(() -> controller.expand(GONE, GIB))
        .isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> controller.expand("nobodys", GIB))
        .isInstanceOf(CsiException.NotFound.class);
    var limited =
        ControllerExpandVolumeRequest.newBuilder()
            .setVolumeId(id)
            .setCapacityRange(CapacityRange.newBuilder().setLimitBytes(GIB / 2))
            .putAllSecrets(Controller.SECRETS);
    assertThatThrownBy(() -> controller.expandVolume.answer(limited.build()))
        .isInstanceOf(CsiException.OutOfRange.class);
    assertThatThrownBy(
            () -> controller.expandVolume.answer(limited.clone().clearCapacityRange().build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
    controller.subvolumes.subvolumes("cephfs", "csi").clear();
    assertThatThrownBy(() -> controller.expand(id, 2 * GIB))
        .isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void listVolumes_pagesThroughAllFileSystems() {
    controller.subvolumes.addFileSystem("two");
    String one = create("pvc-1");
    String snapshot = controller.cut("snap-1", one).getSnapshotId();
    String shown = controller.create(show("pvc-2", snapshot)).getVolumeId();
    String two = controller.create(request("pvc-1").putParameters("fsName", "two")).getVolumeId();

    var first = list(2, "");
    assertThat(ids(first)).containsExactly(one, shown);
    assertThat(ids(list(2, first.getNextToken()))).containsExactly(two);
    controller.cluster.operations().reset();
    assertThat(ids(list(0, ""))).containsExactly(one, shown, two);
    assertThat(controller.managerCommands()).containsExactly("fs subvolume ls", "fs subvolume ls");
  }

  /** ceph-csi's note that a volume has another id since a failover. */
  @Test
  void listVolumes_leavesOutWhatIsNoUuid() {
    String id = create("pvc-2");
    var earlier = new VolumeId("lost", 9, VolumeId.of(id).orElseThrow().uuid());
    try (var pool = controller.pool()) {
      var _ = pool.compareAndPut("csi.volumes.default", "csi.volume." + earlier.text(), "", id);
    }

    assertThat(ids(list(0, ""))).containsExactly(id);
  }

  @Test
  void listVolumes_leavesOutWhatHasNoSubvolume() {
    create("pvc-1");
    controller.subvolumes.subvolumes("cephfs", "csi").clear();
    assertThat(ids(list(0, ""))).isEmpty();
  }

  private ListVolumesResponse list(int most, String token) {
    return controller.listVolumes.answer(
        ListVolumesRequest.newBuilder().setMaxEntries(most).setStartingToken(token).build());
  }

  private static List<String> ids(ListVolumesResponse answer) {
    return answer.getEntriesList().stream().map(e -> e.getVolume().getVolumeId()).toList();
  }

  @Test
  void getVolume_tellsTheQuotaAsItIs() {
    String id = create("pvc-1");
    controller.stored(id).quotaBytes = 7 * GIB;
    var request = ControllerGetVolumeRequest.newBuilder().setVolumeId(id).build();
    assertThat(controller.getVolume.answer(request).getVolume().getCapacityBytes())
        .isEqualTo(7 * GIB);
    controller.subvolumes.subvolumes("cephfs", "csi").clear();
    assertThatThrownBy(() -> controller.getVolume.answer(request))
        .isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void getCapacity_isThatOfThePool() {
    create("pvc-1");
    var request =
        GetCapacityRequest.newBuilder()
            .putParameters("clusterID", "one")
            .putParameters("fsName", "cephfs");
    long dataPool = controller.cluster.poolId("cephfs_data").orElseThrow();
    assertThat(controller.getCapacity.answer(request.build()).getAvailableCapacity())
        .isEqualTo(dataPool * GIB);
    assertThat(
            controller
                .getCapacity
                .answer(GetCapacityRequest.getDefaultInstance())
                .getAvailableCapacity())
        .isEqualTo(90 * GIB);
    request.addVolumeCapabilities(
        VolumeCapability.newBuilder().setBlock(VolumeCapability.BlockVolume.getDefaultInstance()));
    assertThat(controller.getCapacity.answer(request.build()).getAvailableCapacity()).isZero();
  }

  /** The driver remembers the filesystem for a while. */
  @Test
  void getCapacity_dataPoolRemoved_isInvalidAndNamesIt() {
    create("pvc-1");
    long dataPool = controller.cluster.poolId("cephfs_data").orElseThrow();
    controller.cluster.removePool("cephfs_data");
    var request =
        GetCapacityRequest.newBuilder()
            .putParameters("clusterID", "one")
            .putParameters("fsName", "cephfs")
            .build();

    assertThatThrownBy(() -> controller.getCapacity.answer(request))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("filesystem cephfs has lost its data pool " + dataPool)
        .hasMessageContaining("ceph osd pool ls");
  }

  @Test
  void validate_looksWhetherTheVolumeIsThere_W19() {
    String id = create("pvc-1");
    var request =
        ValidateVolumeCapabilitiesRequest.newBuilder()
            .setVolumeId(id)
            .addVolumeCapabilities(Controller.capability(AccessMode.Mode.MULTI_NODE_MULTI_WRITER))
            .putAllSecrets(Controller.SECRETS);
    assertThat(controller.validate.answer(request.build()).hasConfirmed()).isTrue();
    var block = request.clone().clearVolumeCapabilities();
    block.addVolumeCapabilitiesBuilder().getBlockBuilder();
    assertThat(controller.validate.answer(block.build()).getMessage()).contains("block");
    controller.subvolumes.subvolumes("cephfs", "csi").clear();
    assertThatThrownBy(() -> controller.validate.answer(request.build()))
        .isInstanceOf(CsiException.NotFound.class);
  }

  private List<String> health(String id) {
    var request = ControllerGetVolumeHealthRequest.newBuilder().setVolumeId(id);
    return controller
        .getVolumeHealth
        .answer(request.build())
        .getVolumeHealth()
        .getHealthStatusesList()
        .stream()
        .map(VolumeHealthEntry::getReason)
        .toList();
  }

  private List<String> listedHealth() {
    return controller
        .listVolumeHealth
        .answer(ControllerListVolumeHealthRequest.getDefaultInstance())
        .getEntriesList()
        .stream()
        .flatMap(v -> v.getHealthStatusesList().stream())
        .map(VolumeHealthEntry::getReason)
        .toList();
  }

  /** The first call finds out when the manager has not answered it; the next ask the monitors. */
  @Test
  void everyCall_noMetadataServer_isToldAndTheManagerSpared() {
    String id = create("pvc-1");
    controller.subvolumes.setActive("cephfs", false);
    controller.cluster.operations().reset();

    assertUnserved(() -> create("pvc-2"));
    assertUnserved(() -> create("pvc-2"));
    assertUnserved(() -> create("pvc-1"));
    assertUnserved(() -> controller.expand(id, 2 * GIB));
    assertUnserved(() -> controller.cut("snap-1", id));
    assertUnserved(() -> controller.delete(id));
    assertUnserved(() -> list(0, ""));
    assertThat(controller.managerCommands()).containsExactly("fs subvolume create");

    controller.subvolumes.setActive("cephfs", true);
    controller.delete(id);
    controller.delete(create("pvc-2"));
    try (var pool = controller.pool()) {
      assertThat(pool.list("csi.volumes.default", "", 10)).isEmpty();
    }
  }

  private static void assertUnserved(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("filesystem cephfs has no active metadata server")
        .hasMessageContaining("ceph fs set cephfs joinable true");
  }

  @Test
  void call_managerHangs_namesTheFileSystemAndWhatToSee() {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("manager")) {
            throw new CephException(Errno.ETIMEDOUT, operation);
          }
        });
    assertThatThrownBy(() -> create("pvc-1"))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("ceph mgr stat")
        .hasMessageContaining("filesystem cephfs");
  }

  @Test
  void health_tellsWhatIsWrong() {
    String id = create("pvc-1");
    assertThat(health(id)).isEmpty();
    assertThat(listedHealth()).isEmpty();
    controller.subvolumes.setActive("cephfs", false);
    assertThat(health(id)).containsExactly("NoActiveMetadataServer");
    assertThat(listedHealth()).containsExactly("NoActiveMetadataServer");
    controller.subvolumes.setActive("cephfs", true);
    controller.subvolumes.subvolumes("cephfs", "csi").clear();
    assertThat(health(id)).containsExactly("SubvolumeMissing");
    assertThat(listedHealth()).containsExactly("SubvolumeMissing");
    assertThatThrownBy(() -> health(GONE)).isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void health_managerHangs_isToldInTimeAndHindersNoOther() {
    String id = create("pvc-1");
    var end = new CountDownLatch(1);
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("manager")) {
            await(end);
          }
        });
    long start = System.nanoTime();
    assertThat(health(id)).containsExactly("NotAnswering");
    assertThat(System.nanoTime() - start).isLessThan(2_000_000_000L);
    assertThatThrownBy(this::listedHealth)
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("filesystem cephfs of cluster one is not answering since")
        .hasMessageContaining("see its manager and metadata servers");
    end.countDown();
    controller.cluster.operations().before(_ -> {});
    assertThat(health(id)).isEmpty();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
