package io.cephcsi.cephfs.controller;

import static io.cephcsi.cephfs.controller.Controller.GIB;
import static io.cephcsi.cephfs.controller.Controller.copy;
import static io.cephcsi.cephfs.controller.Controller.request;
import static io.cephcsi.cephfs.controller.Controller.restore;
import static io.cephcsi.cephfs.controller.Controller.uuid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.CreateVolumeRequest;
import csi.v1.Volume;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CreateVolumeTest {
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

  @Test
  void answer_newName_makesSubvolumeAndJournalAsCephCsiDoes() {
    Volume volume = controller.create("pvc-1").getVolume();

    VolumeId id = VolumeId.of(volume.getVolumeId()).orElseThrow();
    String subvolume = "csi-vol-" + id.uuid();
    assertThat(id.clusterId()).isEqualTo("one");
    assertThat(id.location()).isEqualTo(1);
    assertThat(volume.getCapacityBytes()).isEqualTo(GIB);
    assertThat(volume.getVolumeContextMap())
        .containsOnlyKeys("clusterID", "fsName", "subvolumeName", "subvolumePath")
        .containsEntry("subvolumeName", subvolume);
    assertThat(volume.getVolumeContextOrThrow("subvolumePath"))
        .startsWith("/volumes/csi/" + subvolume + "/");
    assertThat(controller.stored(volume.getVolumeId()).quotaBytes).isEqualTo(GIB);
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.volumes.default", "", 10))
          .isEqualTo(Map.of("csi.volume.pvc-1", id.uuid()));
      assertThat(pool.list("csi.volume." + id.uuid(), "", 10))
          .containsEntry("csi.volname", "pvc-1")
          .containsEntry("csi.imagename", subvolume)
          .containsOnlyKeys("csi.volname", "csi.imagename", "cephcsi.parameters", "cephcsi.bytes");
    }
  }

  @Test
  void answer_steadyState_asksTheManagerTwiceAndTheMonitorsNever() {
    controller.create("pvc-0");
    controller.cluster.operations().reset();

    controller.create("pvc-1");

    assertThat(controller.managerCommands())
        .containsExactly("fs subvolume create", "fs subvolume getpath");
    assertThat(controller.monitorCommands()).isZero();
  }

  /** The manager stopped in the middle of the command, and another one goes on. */
  @Test
  void answer_halfMadeSubvolume_isMadeAnew() {
    var operations = controller.cluster.operations();
    operations.before(operation -> {
      if (operation.contains("fs subvolume getpath")) {
        throw new CephException(Errno.ETIMEDOUT, operation);
      }
    });
    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.Unavailable.class);
    operations.before(_ -> {});
    controller.subvolumes.subvolumes("cephfs", "csi").values().forEach(s -> s.halfMade = true);
    var made = controller.create("pvc-1").getVolume();
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(1);
    assertThat(controller.stored(made.getVolumeId()).withoutRetention).isFalse();
    assertThat(made.getVolumeContextOrThrow("subvolumePath"))
        .startsWith("/volumes/csi/csi-vol-" + Controller.uuid(made.getVolumeId()) + "/");
  }

  /** It was whole, so that there may be data in it; only a deletion that has begun goes on. */
  @Test
  void answer_subvolumeThatLostItsMetadata_isLeftAlone() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    controller.stored(id).halfMade = true;

    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessage(
            "subvolume csi-vol-%1$s of volume pvc-1 has lost its metadata, its data may be there: see /volumes/csi/csi-vol-%1$s, save what is there, and remove it",
            Controller.uuid(id));
    assertThat(controller.stored(id).halfMade).isTrue();

    try (MemoryPool pool = controller.pool()) {
      controller.journal.discard(pool, Controller.uuid(id));
    }
    assertThat(controller.create("pvc-1").getVolume().getVolumeId()).isNotEqualTo(id);
    assertThat(controller.subvolumes.subvolume("csi-vol-" + Controller.uuid(id))).isEmpty();
  }

  @Test
  void answer_commandSentTwiceByTheLibrary_isMadeWhole() {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains("fs subvolume create")) {
            controller.cluster.operations().before(_ -> {});
            controller.cluster.managerCommand(
                operation.substring("manager command ".length()), Duration.ZERO);
            controller
                .subvolumes
                .subvolumes("cephfs", "csi")
                .values()
                .forEach(s -> s.halfMade = true);
          }
        });
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    assertThat(controller.stored(id).withoutRetention).isFalse();
    assertThat(controller.stored(id).quotaBytes).isEqualTo(GIB);
  }

  @Test
  void answer_again_isTheSameVolumeByOneCommand() {
    var first = controller.create("pvc-1");
    controller.cluster.operations().reset();

    assertThat(controller.create("pvc-1")).isEqualTo(first);
    assertThat(controller.managerCommands()).containsExactly("fs subvolume info");
    assertThat(controller.monitorCommands()).isZero();
  }

  @Test
  void answer_noCapacityRange_hasNoQuota() {
    var volume = controller.create(request("pvc-1").clearCapacityRange());
    assertThat(volume.getCapacityBytes()).isZero();
    assertThat(controller.stored(volume.getVolumeId()).quotaBytes).isZero();
    assertThat(controller.create(request("pvc-1").clearCapacityRange())).isEqualTo(volume);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void answer_size_isRoundedAsCephCsiDoesWithinTheLimit(long required, long limit, long expected) {
    var request = request("pvc-1");
    size(request, required, limit);
    assertThat(controller.create(request).getCapacityBytes()).isEqualTo(expected);
  }

  static Stream<Arguments> sizes() {
    long mib = 1 << 20;
    return Stream.of(
        Arguments.of(1, 0, 4 * mib),
        Arguments.of(500_000_000, 0, 480 * mib),
        Arguments.of(11 * GIB / 10, 0, 2 * GIB),
        Arguments.of(11 * GIB / 10, 12 * GIB / 10, 1128 * mib));
  }

  @Test
  void answer_existingVolumeOfAnotherSize_isRefused_W8() {
    controller.create("pvc-1");
    var larger = request("pvc-1");
    size(larger, 2 * GIB, 0);
    assertThatThrownBy(() -> controller.create(larger))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("1073741824 bytes");
  }

  @Test
  void answer_existingVolumeWithOtherParameters_isRefused() {
    controller.create("pvc-1");
    controller.subvolumes.addDataPool("cephfs", "fast");
    assertThatThrownBy(() -> controller.create(request("pvc-1").putParameters("pool", "fast")))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("other parameters");
  }

  /** ceph-csi's has no parameters in the journal, so that only its keys tell. */
  @Test
  void answer_existingEncryptedByCephCsi_isAlreadyExists() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    controller.encrypt("csi.volume.", id);
    try (MemoryPool pool = controller.pool()) {
      pool.removeKeys("csi.volume." + uuid(id), Set.of("cephcsi.parameters"));
    }

    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("volume pvc-1 exists and is encrypted, by ceph-csi");

    controller.delete(id);
    controller.assertNothingLeft();
  }

  @Test
  void answer_quotaThatIsNotWhatTheJournalSays_isMeasured() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    controller.stored(id).quotaBytes = 5 * GIB;
    var volume = controller.create("pvc-1").getVolume();
    assertThat(volume.getCapacityBytes()).isEqualTo(5 * GIB);
  }

  @Test
  void answer_dataPool_isTheSubvolumes() {
    controller.subvolumes.addDataPool("cephfs", "fast");
    var volume = controller.create(request("pvc-1").putParameters("pool", "fast"));
    assertThat(controller.stored(volume.getVolumeId()).dataPool).isEqualTo("fast");
    assertThat(volume.getVolumeContextMap()).containsEntry("pool", "fast");
  }

  @Test
  void answer_namePrefix_isTheSubvolumes() {
    var volume = controller.create(request("pvc-1").putParameters("volumeNamePrefix", "team-"));
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi"))
        .containsOnlyKeys("team-" + uuid(volume.getVolumeId()));
    controller.delete(volume.getVolumeId());
    controller.assertNothingLeft();
  }

  @Test
  void answer_metadataOn_setsIt() {
    controller.restart(new ControllerSettings(true, "prod", Duration.ZERO));
    var volume =
        controller.create(
            request("pvc-1")
                .putParameters("csi.storage.k8s.io/pvc/name", "claim")
                .putParameters("csi.storage.k8s.io/pvc/namespace", "team"));
    assertThat(controller.stored(volume.getVolumeId()).metadata)
        .isEqualTo(
            Map.of(
                "csi.storage.k8s.io/pvc/name", "claim",
                "csi.storage.k8s.io/pvc/namespace", "team",
                "csi.ceph.com/cluster/name", "prod"));
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.volume." + uuid(volume.getVolumeId()), "", 10))
          .containsEntry("csi.volume.owner", "team");
    }
  }

  @Test
  void answer_managerWithoutMetadata_makesTheVolumeWithoutIt_W11() {
    controller.subvolumes.withoutMetadata();
    controller.restart(new ControllerSettings(true, "prod", Duration.ZERO));
    var id = controller.create("pvc-1").getVolume().getVolumeId();
    assertThat(controller.stored(id).metadata).isEmpty();
    assertThat(controller.cut("snap-1", id).getReadyToUse()).isTrue();
  }

  @Test
  void answer_stoppedAtAnyWrite_isOneVolumeWhenAskedAgain_W45() {
    for (boolean done : new boolean[] {false, true}) {
      int n = 1;
      do {
        crash(n, done);
        try {
          controller.create("pvc-1");
        } catch (MemoryOperations.Crash e) {
          assertThat(e).isNotNull();
        }
        n++;
      } while (restarted());
      assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSizeBetween(0, 1);
    }
  }

  private void crash(int n, boolean done) {
    if (done) {
      controller.cluster.operations().crashAfter(n);
    } else {
      controller.cluster.operations().crashBefore(n);
    }
  }

  /** After a crash all can be made and deleted again, and nothing is left. */
  private boolean restarted() {
    boolean crashed = controller.cluster.operations().restart();
    controller.restart();
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).hasSize(1);
    assertThat(controller.create("pvc-1").getVolume().getVolumeId()).isEqualTo(id);
    controller.delete(id);
    assertUnreachableObjectsOnly();
    return crashed;
  }

  /** A crash between the two writes of a reservation leaves a small object that nobody meets. */
  private void assertUnreachableObjectsOnly() {
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi")).isEmpty();
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.volumes.default", "", 10)).isEmpty();
      var left = pool.objects().stream().filter(o -> !o.equals("csi.volumes.default")).toList();
      assertThat(left).hasSizeLessThanOrEqualTo(1);
      left.forEach(pool::remove);
    }
  }

  @Test
  void answer_managerDoesNotAnswer_isUnavailableAndGoesOnLater() {
    for (String command : new String[] {"subvolume create", "getpath"}) {
      failOnce(command, Errno.ETIMEDOUT);
      assertThatThrownBy(() -> controller.create("pvc-1"))
          .isInstanceOf(CsiException.Unavailable.class)
          .hasMessageContaining("ceph mgr stat")
          .hasMessageContaining("ceph fs status");
      controller.cluster.operations().before(_ -> {});
      controller.delete(controller.create("pvc-1").getVolume().getVolumeId());
      controller.assertNothingLeft();
    }
  }

  @Test
  void answer_managerAnswersNonsense_isUnavailableAndGoesOnLater() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    var subvolumes = controller.subvolumes.subvolumes("cephfs", "csi");
    controller.cluster.onManagerCommand(_ -> "<html>");

    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("the manager's answer is not JSON: <html>");

    assertThat(subvolumes).containsOnlyKeys("csi-vol-" + Controller.uuid(id));
  }

  @Test
  void answer_monitorsAnswerNonsense_isUnavailableAndLeavesNothing() {
    controller.cluster.onMonitorCommand(_ -> "<html>");

    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("the monitors' list of filesystems is not JSON");

    controller.assertNothingLeft();
  }

  /** By a person, or by another controller that undoes what it takes for its own. */
  @Test
  void answer_subvolumeRemovedMeanwhile_isAbortedAndMadeByTheNext() {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.contains("fs subvolume getpath")) {
            controller.cluster.operations().before(_ -> {});
            controller.subvolumes.subvolumes("cephfs", "csi").clear();
          }
        });

    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageMatching("subvolume csi-vol-\\S+ was removed while it was made, ask again");

    String id = controller.create("pvc-1").getVolume().getVolumeId();
    assertThat(controller.subvolumes.subvolumes("cephfs", "csi"))
        .containsOnlyKeys("csi-vol-" + Controller.uuid(id));
    controller.delete(id);
    controller.assertNothingLeft();
  }

  @Test
  void answer_managerJustStarted_isUnavailable() {
    controller.create("pvc-0");
    controller
        .cluster
        .operations()
        .before(o -> refuse(o, "subvolume create", Errno.EINVAL, "No handler found for 'fs'"));
    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("module volumes");
  }

  @Test
  void answer_managerHasTooMuchToDo_isResourceExhaustedAndLeavesNothing() {
    controller.cluster.operations().before(o -> refuse(o, "subvolume create", Errno.EAGAIN, "x"));
    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.ResourceExhausted.class);
    controller.cluster.operations().before(_ -> {});
    controller.assertNothingLeft();
  }

  private void failOnce(String command, int errno) {
    var left = new int[] {1};
    controller
        .cluster
        .operations()
        .before(o -> {
          if (o.startsWith("manager") && o.contains(command) && left[0]-- > 0) {
            throw new CephException(errno, o);
          }
        });
  }

  private static void refuse(String operation, String command, int errno, String status) {
    if (operation.startsWith("manager") && operation.contains(command)) {
      throw new CephException(errno, operation + ": " + status);
    }
  }

  @Test
  void answer_fileSystemMadeAnew_isFoundAgain_W20() {
    controller.create("pvc-0");
    controller.subvolumes.removeFileSystem("cephfs");
    long id = controller.subvolumes.addFileSystem("cephfs");

    var volume = controller.create("pvc-1").getVolume();

    assertThat(VolumeId.of(volume.getVolumeId()).orElseThrow().location()).isEqualTo(id);
  }

  @Test
  void answer_fileSystemRenamed_isFoundAfterOneRefusal() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    controller.subvolumes.renameFileSystem("cephfs", "other");
    assertThatThrownBy(() -> controller.delete(id)).isInstanceOf(CsiException.Unavailable.class);
    controller.delete(id);
    assertThat(controller.subvolumes.subvolumes("other", "csi")).isEmpty();
  }

  @Test
  void answer_twoFileSystems_areKeptApart() {
    controller.subvolumes.addFileSystem("two");
    var one = controller.create("pvc-1").getVolume();
    var two = controller.create(request("pvc-1").putParameters("fsName", "two"));
    assertThat(VolumeId.of(two.getVolumeId()).orElseThrow().location()).isEqualTo(2);
    controller.delete(one.getVolumeId());
    assertThat(controller.subvolumes.subvolumes("two", "csi")).hasSize(1);
    controller.delete(two.getVolumeId());
    assertThat(controller.subvolumes.subvolumes("two", "csi")).isEmpty();
  }

  @Test
  void answer_subvolumeGroupMissing_isMade() {
    assertThat(controller.subvolumes.hasGroup("cephfs", "csi")).isFalse();
    controller.create("pvc-1");
    assertThat(controller.subvolumes.hasGroup("cephfs", "csi")).isTrue();
  }

  @Test
  void answer_deletionStoppedHalfWay_startsAnew() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    controller.cluster.operations().crashAfter(2); // the note and the removal
    assertThatThrownBy(() -> controller.delete(id)).isInstanceOf(MemoryOperations.Crash.class);
    controller.cluster.operations().restart();
    controller.restart();

    String anew = controller.create("pvc-1").getVolume().getVolumeId();
    assertThat(anew).isNotEqualTo(id);
    controller.delete(id);
    assertThat(controller.stored(anew).state).isEqualTo("complete");
  }

  @ParameterizedTest
  @MethodSource("wrongRequests")
  void answer_wrongRequest_isRefusedAndLeavesNothing(
      String value, Class<?> refusal, Consumer<CreateVolumeRequest.Builder> wrong) {
    var request = request("pvc-1");
    wrong.accept(request);

    assertThatThrownBy(() -> CephFailures.told(controller.createVolume).answer(request.build()))
        .isInstanceOf(refusal)
        .hasMessageContaining(value);

    controller.assertNothingLeft();
  }

  static Stream<Arguments> wrongRequests() {
    String gone = "0001-0003-one-0000000000000001-b0285c97-a0ce-11eb-8c66-0242ac110002";
    String elsewhere = "0001-0003-one-0000000000000009-b0285c97-a0ce-11eb-8c66-0242ac110002";
    return Stream.of(
        wrong("name is missing", r -> r.setName("")),
        wrong("name \"../x\"", r -> r.setName("../x")),
        wrong("longer than 1024", r -> r.setName("x".repeat(1025))),
        wrong("volume_capabilities is empty", r -> r.clearVolumeCapabilities()),
        wrong("no access type", r -> capability(r, VolumeCapability.getDefaultInstance())),
        wrong("no access mode", r -> mode(r, AccessMode.Mode.UNKNOWN)),
        wrong("access type block", r -> block(r)),
        wrong("cannot be read-only", r -> mode(r, AccessMode.Mode.MULTI_NODE_READER_ONLY)),
        wrong("clusterID", r -> r.removeParameters("clusterID")),
        wrong("clusterID two", r -> r.putParameters("clusterID", "two")),
        wrong("fsName", r -> r.removeParameters("fsName")),
        wrong("fsName", r -> r.putParameters("fsName", "")),
        wrong("no filesystem nowhere", r -> r.putParameters("fsName", "nowhere")),
        wrong("pool rbd is no data pool", r -> r.putParameters("pool", "rbd")),
        wrong("pool is empty", r -> r.putParameters("pool", "")),
        wrong("volumeNamePrefix \"a/b\"", r -> r.putParameters("volumeNamePrefix", "a/b")),
        wrong("mounter floppy is unknown", r -> r.putParameters("mounter", "floppy")),
        wrong("kernelMountOptions is empty", r -> r.putParameters("kernelMountOptions", "")),
        wrong("fuseMountOptions is empty", r -> r.putParameters("fuseMountOptions", "")),
        wrong("backingSnapshot is empty", r -> r.putParameters("backingSnapshot", "")),
        wrong("backingSnapshot maybe", r -> r.putParameters("backingSnapshot", "maybe")),
        wrong("backingSnapshot true", r -> r.putParameters("backingSnapshot", "true")),
        wrong("encrypted true", r -> r.putParameters("encrypted", "true")),
        wrong("topologyConstrainedPools", CreateVolumeTest::topology),
        wrong("no secrets", r -> r.clearSecrets()),
        wrong("no adminKey", r -> r.removeSecrets("adminKey")),
        wrong("negative", r -> size(r, -1, 0)),
        wrong("neither required_bytes nor limit_bytes", r -> size(r, 0, 0)),
        outOfRange("no whole number of 4 MiB", r -> size(r, 0, 1000)),
        outOfRange("9223372036854775807", r -> size(r, Long.MAX_VALUE, 0)),
        wrong("mutable_parameters", r -> r.putMutableParams("iops", "1")),
        wrong("neither a snapshot nor a volume", r -> r.getVolumeContentSourceBuilder()),
        missing("snapshot  does not exist", r -> source(r, restore("x", ""))),
        missing("snapshot " + gone, r -> source(r, restore("x", gone))),
        missing("snapshot " + elsewhere, r -> source(r, restore("x", elsewhere))),
        missing("volume " + gone + " does not", r -> source(r, copy("x", gone))));
  }

  private static Arguments wrong(String value, Consumer<CreateVolumeRequest.Builder> change) {
    return Arguments.of(value, CsiException.InvalidArgument.class, change);
  }

  private static Arguments outOfRange(String value, Consumer<CreateVolumeRequest.Builder> change) {
    return Arguments.of(value, CsiException.OutOfRange.class, change);
  }

  private static Arguments missing(String value, Consumer<CreateVolumeRequest.Builder> change) {
    return Arguments.of(value, CsiException.NotFound.class, change);
  }

  private static void source(CreateVolumeRequest.Builder request, CreateVolumeRequest.Builder of) {
    request.setVolumeContentSource(of.getVolumeContentSource());
  }

  private static void topology(CreateVolumeRequest.Builder request) {
    request.putParameters("topologyConstrainedPools", "[]");
    var _ = request.getAccessibilityRequirementsBuilder();
  }

  private static void capability(CreateVolumeRequest.Builder request, VolumeCapability wrong) {
    request.clearVolumeCapabilities().addVolumeCapabilities(wrong);
  }

  private static void block(CreateVolumeRequest.Builder request) {
    var wrong = Controller.capability(AccessMode.Mode.SINGLE_NODE_WRITER).toBuilder();
    wrong.setBlock(VolumeCapability.BlockVolume.getDefaultInstance());
    capability(request, wrong.build());
  }

  private static void mode(CreateVolumeRequest.Builder request, AccessMode.Mode mode) {
    capability(request, Controller.capability(mode));
  }

  private static void size(CreateVolumeRequest.Builder request, long required, long limit) {
    request.setCapacityRange(
        CapacityRange.newBuilder().setRequiredBytes(required).setLimitBytes(limit));
  }
}
