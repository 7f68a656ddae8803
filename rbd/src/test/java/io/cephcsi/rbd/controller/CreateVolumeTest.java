package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.GIB;
import static io.cephcsi.rbd.controller.Controller.imageOf;
import static io.cephcsi.rbd.controller.Controller.request;
import static io.cephcsi.rbd.controller.Controller.uuidOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.CreateVolumeRequest;
import csi.v1.Volume;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeCapability.MountVolume;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
  void stop() throws Exception {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  /**
   * librbd makes the object map and the journal after the header, so that the image of a driver
   * that was killed may lack what its features say.
   */
  @Test
  void answer_imageWhoseIdWasNeverStored_isMadeAnewWhereItMayBeHalfMade() {
    for (String features : List.of("layering,exclusive-lock,object-map", "layering")) {
      var request = request("pvc-" + features).putParameters("imageFeatures", features);
      String id = controller.create(request).getVolumeId();
      String before = forgetImageId(id, false);

      assertThat(controller.create(request).getVolumeId()).isEqualTo(id);

      boolean same = imageId(id).equals(before);
      assertThat(same).as(features).isEqualTo(features.equals("layering"));
      assertThat(storedId(id)).isEqualTo(imageId(id));
    }
  }

  /** It has answered with an image as soon as there is one. */
  @Test
  void answer_imageOfCephCsiWhoseIdWasNeverStored_isKept() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    String before = forgetImageId(id, true);

    assertThat(controller.create("pvc-1").getVolume().getVolumeId()).isEqualTo(id);

    assertThat(imageId(id)).isEqualTo(before);
    assertThat(storedId(id)).isEqualTo(before);
  }

  @Test
  void answer_imageWhoseIdWasNeverStoredAndThatIsInUse_isAbortedAndLeftAlone() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    String before = forgetImageId(id, false);
    try (MemoryPool pool = controller.pool()) {
      pool.stored(imageOf(id)).orElseThrow().addWatcher("10.0.0.7:0/1");
    }

    assertThatThrownBy(() -> controller.create("pvc-1")).isInstanceOf(CsiException.Aborted.class);

    assertThat(imageId(id)).isEqualTo(before);
  }

  /**
   * As of a driver that was killed right before it stored the id.
   *
   * @return the image's id
   */
  private String forgetImageId(String id, boolean ofCephCsi) {
    try (MemoryPool pool = controller.pool()) {
      String object = "csi.volume." + uuidOf(id);
      pool.removeKeys(object, Set.of("csi.imageid"));
      if (ofCephCsi) {
        pool.removeKeys(object, Set.of("cephcsi.parameters"));
      }
    }
    return imageId(id);
  }

  private String imageId(String id) {
    try (MemoryPool pool = controller.pool()) {
      return pool.imageId(imageOf(id)).orElseThrow();
    }
  }

  private String storedId(String id) {
    try (MemoryPool pool = controller.pool()) {
      return pool.get("csi.volume." + uuidOf(id), Set.of("csi.imageid"))
          .getOrDefault("csi.imageid", "");
    }
  }

  @Test
  void answer_newName_makesImageAndJournalAsCephCsiDoes() {
    Volume volume = controller.create("pvc-1").getVolume();

    VolumeId id = VolumeId.of(volume.getVolumeId()).orElseThrow();
    String image = "csi-vol-" + id.uuid();
    assertThat(id.clusterId()).isEqualTo("one");
    assertThat(volume.getCapacityBytes()).isEqualTo(GIB);
    assertThat(volume.getVolumeContextMap())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("clusterID", "one", "pool", "rbd", "journalPool", "rbd", "imageName", image));
    try (MemoryPool pool = controller.pool()) {
      String imageId = pool.imageId(image).orElseThrow();
      assertThat(pool.list("csi.volumes.default", "", 10))
          .isEqualTo(Map.of("csi.volume.pvc-1", id.uuid()));
      assertThat(pool.list("csi.volume." + id.uuid(), "", 10))
          .containsEntry("csi.volname", "pvc-1")
          .containsEntry("csi.imagename", image)
          .containsEntry("csi.imageid", imageId);
    }
  }

  @Test
  void answer_sameRequestTwice_isTheSameVolume() {
    var first = controller.create("pvc-1");

    assertThat(controller.create("pvc-1")).isEqualTo(first);
  }

  @Test
  void answer_newName_costsTwoWritesAndWhatTheImageCosts() {
    controller.create("pvc-0");
    controller.cluster.operations().reset();

    controller.create("pvc-1");

    assertThat(controller.cluster.operations().log())
        .extracting(operation -> operation.replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "U"))
        .containsExactly(
            "open pool rbd",
            "create csi.volume.U",
            "compare and put csi.volumes.default",
            "create image csi-vol-U",
            "read image id csi-vol-U",
            "compare and update csi.volume.U");
  }

  @Test
  void answer_metadataOn_setsItInOneWrite() {
    controller.restart(new ControllerSettings(true, "prod"));

    controller.createVolume.answer(
        request("pvc-1")
            .putParameters("csi.storage.k8s.io/pvc/name", "claim")
            .putParameters("csi.storage.k8s.io/pvc/namespace", "shop")
            .putParameters("csi.storage.k8s.io/pv/name", "pvc-1")
            .build());

    try (MemoryPool pool = controller.pool()) {
      String image = pool.images().keySet().iterator().next();
      assertThat(pool.stored(image).orElseThrow().metadata())
          .containsExactlyInAnyOrderEntriesOf(
              Map.of(
                  "csi.storage.k8s.io/pvc/name", "claim",
                  "csi.storage.k8s.io/pvc/namespace", "shop",
                  "csi.storage.k8s.io/pv/name", "pvc-1",
                  "csi.ceph.com/cluster/name", "prod"));
      String uuid = image.substring("csi-vol-".length());
      assertThat(pool.list("csi.volume." + uuid, "", 10)).containsEntry("csi.volume.owner", "shop");
    }
  }

  @Test
  void answer_crashBeforeOrAfterAnyWrite_repeatedEndsWithOneVolumeAndNothingElse()
      throws Exception {
    for (boolean applied : new boolean[] {false, true}) {
      boolean crashed = true;
      for (int n = 1; crashed; n++) {
        crashed = crashAndRepeat(n, applied);
      }
    }
  }

  private boolean crashAndRepeat(int n, boolean applied) throws Exception {
    MemoryOperations operations = controller.cluster.operations();
    String name = "pvc-" + n + applied;
    if (applied) {
      operations.crashAfter(n);
    } else {
      operations.crashBefore(n);
    }
    try {
      controller.create(name);
    } catch (MemoryOperations.Crash e) {
      // the process is gone
    }
    boolean crashed = operations.restart();
    controller.restart(new ControllerSettings(false, ""));
    String id = controller.create(name).getVolume().getVolumeId();
    assertThat(controller.create(name).getVolume().getVolumeId()).isEqualTo(id);
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.images()).hasSize(1);
    }
    controller.delete(id);
    forgetOrphans();
    controller.awaitNothingLeft();
    return crashed;
  }

  /** A crash between the journal's two writes leaves an object that no name leads to. */
  private void forgetOrphans() {
    try (MemoryPool pool = controller.pool()) {
      for (String object : pool.objects()) {
        if (object.startsWith("csi.volume.")
            && !pool.get(object, Set.of("csi.imageid")).containsKey("csi.imageid")) {
          pool.remove(object);
        }
      }
    }
  }

  @Test
  void answer_imageFails_forgetsTheName() throws Exception {
    controller.cluster.operations().failBefore(3, Errno.EINVAL);

    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("imageFeatures");

    controller.awaitNothingLeft();
  }

  @Test
  void answer_noAnswerFromCeph_keepsTheNameForTheNextCall() {
    controller.cluster.operations().failAfter(3, Errno.ETIMEDOUT);

    assertThatThrownBy(() -> controller.create("pvc-1"))
        .isInstanceOf(CsiException.Unavailable.class);

    controller.create("pvc-1");
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.images()).hasSize(1);
    }
  }

  @Test
  void answer_poolIsFull_isResourceExhausted() throws Exception {
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("create ")) {
            throw new CephException(Errno.EDQUOT, operation);
          }
        });

    assertThatThrownBy(() -> told(request("pvc-1")))
        .isInstanceOf(CsiException.ResourceExhausted.class)
        .hasMessageContaining("full");

    controller.cluster.operations().before(_ -> {});
    controller.awaitNothingLeft();
  }

  @Test
  void answer_imageRemovedBehindTheBack_makesANewOne() {
    String before = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage(pool.images().keySet().iterator().next());
    }

    String after = controller.create("pvc-1").getVolume().getVolumeId();

    assertThat(after).isNotEqualTo(before);
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.images()).hasSize(1);
    }
  }

  @Test
  void answer_limitBelowWholeGib_roundsToMib() {
    long bytes = GIB + (GIB >> 1) + 1;
    var range = CapacityRange.newBuilder().setRequiredBytes(bytes).setLimitBytes(2 * GIB - 1);

    var volume = controller.createVolume.answer(request("a").setCapacityRange(range).build());

    assertThat(volume.getVolume().getCapacityBytes()).isEqualTo(GIB + (GIB >> 1) + (1 << 20));
  }

  @Test
  void answer_sameNameOtherSize_isAlreadyExists() {
    controller.create("pvc-1");
    var larger = CapacityRange.newBuilder().setRequiredBytes(5 * GIB);

    assertThatThrownBy(() -> told(request("pvc-1").setCapacityRange(larger)))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("pvc-1");
  }

  @Test
  void answer_sameNameOtherParameter_isAlreadyExists() {
    controller.create("pvc-1");

    assertThatThrownBy(() -> told(request("pvc-1").putParameters("imageFeatures", "layering")))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("imageFeatures");
  }

  @Test
  void answer_sameNameOtherCapability_isAlreadyExists() {
    controller.create("pvc-1");

    for (var other :
        List.of(
            Controller.writer().toBuilder().setBlock(BlockVolume.getDefaultInstance()).build(),
            Controller.writer().toBuilder()
                .setMount(MountVolume.newBuilder().setFsType("xfs"))
                .build())) {
      var request = request("pvc-1").clearVolumeCapabilities().addVolumeCapabilities(other);
      assertThatThrownBy(() -> told(request))
          .isInstanceOf(CsiException.AlreadyExists.class)
          .hasMessageContaining("volume_capabilities");
    }
  }

  @Test
  void answer_volumeOfAnOlderVersionWithoutCapabilities_isFound() {
    var first = controller.create("pvc-1");
    String object = "csi.volume." + Controller.uuidOf(first.getVolume().getVolumeId());
    try (MemoryPool pool = controller.pool()) {
      var _ =
          pool.update(
              object, Map.of("cephcsi.parameters", "{\"clusterID\":\"one\",\"pool\":\"rbd\"}"));
    }

    assertThat(controller.create("pvc-1")).isEqualTo(first);
  }

  @Test
  void answer_goFormsAndAnyCase_areTaken() {
    var request =
        request("pvc-1")
            .putParameters("tryOtherMounters", "True")
            .putParameters("encrypted", "F")
            .putParameters("cephLogStrategy", "Preserve");

    assertThat(controller.createVolume.answer(request.build()).hasVolume()).isTrue();
  }

  @Test
  void answer_namespaceThatWasNotMade_isRefusedAndLeavesNothing() throws Exception {
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"],\"rbd\":{\"radosNamespace\":\"nowhere\"}}]");

    assertThatThrownBy(() -> told(request("pvc-1")))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("RADOS namespace");

    try (MemoryPool pool = controller.cluster.pool("rbd", "nowhere")) {
      assertThat(pool.list("csi.volumes.default", "", 10)).isEmpty();
    }
  }

  @Test
  void answer_configChangesWhileRunning_countsAtTheNextCall() throws Exception {
    Files.writeString(controller.config, "[]");
    assertThatThrownBy(() -> controller.create("a"))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("clusterID one");

    Files.writeString(controller.config, "[{\"clusterID\":");
    assertThatThrownBy(() -> controller.create("a"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("is broken");

    Files.delete(controller.config);
    assertThatThrownBy(() -> controller.create("a"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("is missing");

    Files.writeString(
        controller.config, "[{\"CLUSTERID\":\"one\",\"Monitors\":[\"mon\"],\"x\":1}]");
    controller.create("a");
  }

  @Test
  void answer_unknownUser_isPermissionDenied() {
    controller.clusters.allow(new Credentials("csi", "other"));

    assertThatThrownBy(() -> told(request("a"))).isInstanceOf(CsiException.PermissionDenied.class);
  }

  @Test
  void answer_monitorsDoNotAnswer_isUnavailable() throws Exception {
    Files.writeString(controller.config, "[{\"clusterID\":\"one\",\"monitors\":[\"nowhere\"]}]");

    assertThatThrownBy(() -> told(request("a"))).isInstanceOf(CsiException.Unavailable.class);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongRequests")
  void answer_wrongRequest_isRefusedAndLeavesNothing(
      String value, Class<CsiException> refusal, Consumer<CreateVolumeRequest.Builder> wrong)
      throws Exception {
    var request = request("pvc-1");
    wrong.accept(request);

    assertThatThrownBy(() -> told(request)).isInstanceOf(refusal).hasMessageContaining(value);

    controller.awaitNothingLeft();
  }

  private void told(CreateVolumeRequest.Builder request) {
    CephFailures.told(controller.createVolume).answer(request.build());
  }

  static Stream<Arguments> wrongRequests() {
    return Stream.of(
        wrong("name is missing", r -> r.setName("")),
        wrong("name \"../x\"", r -> r.setName("../x")),
        wrong("name \"a\u0000b\"", r -> r.setName("a\u0000b")),
        wrong("longer than 1024", r -> r.setName("x".repeat(1025))),
        wrong("volume_capabilities is empty", r -> r.clearVolumeCapabilities()),
        wrong("no access type", r -> capability(r, VolumeCapability.getDefaultInstance())),
        wrong("no access mode", r -> mode(r, AccessMode.Mode.UNKNOWN)),
        wrong("MULTI_NODE_MULTI_WRITER", r -> mode(r, AccessMode.Mode.MULTI_NODE_MULTI_WRITER)),
        wrong("cannot be read-only", r -> mode(r, AccessMode.Mode.MULTI_NODE_READER_ONLY)),
        wrong("filesystem btrfs", r -> filesystem(r, "btrfs")),
        wrong("clusterID", r -> r.removeParameters("clusterID")),
        wrong("clusterID", r -> r.putParameters("clusterID", "")),
        wrong("clusterID two", r -> r.putParameters("clusterID", "two")),
        wrong("pool", r -> r.removeParameters("pool")),
        wrong("no pool nowhere", r -> r.putParameters("pool", "nowhere")),
        wrong("data pool", r -> r.putParameters("dataPool", "nowhere")),
        wrong("dataPool is empty", r -> r.putParameters("dataPool", "")),
        wrong("radosNamespace is empty", r -> r.putParameters("radosNamespace", "")),
        wrong("volumeNamePrefix \"a/b\"", r -> r.putParameters("volumeNamePrefix", "a/b")),
        wrong("unknown mapper \"abc\"", r -> r.putParameters("mapOptions", "abc:x")),
        wrong("unknown mapper \"abc\"", r -> r.putParameters("unmapOptions", "abc:x")),
        wrong("has blanks", r -> r.putParameters("mapOptions", "queue_depth=1, ro")),
        wrong("option \"--x\" of nbd", r -> r.putParameters("mapOptions", "nbd:--x")),
        wrong("option \"--x\" of nbd", r -> r.putParameters("unmapOptions", "nbd:--x")),
        wrong("cannot encrypt yet", r -> r.putParameters("encrypted", "true")),
        wrong("cannot encrypt yet", r -> r.putParameters("encrypted", "T")),
        wrong("encrypted yes", r -> r.putParameters("encrypted", "yes")),
        wrong("mounter floppy is unknown", r -> r.putParameters("mounter", "floppy")),
        wrong("tryOtherMounters yes", r -> r.putParameters("tryOtherMounters", "yes")),
        wrong("unknown feature \"fast\"", r -> r.putParameters("imageFeatures", "fast")),
        wrong("unknown feature \" layering\"", r -> r.putParameters("imageFeatures", " layering")),
        wrong(
            "object-map needs exclusive-lock",
            r -> r.putParameters("imageFeatures", "layering,object-map")),
        wrong(
            "journaling needs mounter rbd-nbd",
            r -> r.putParameters("imageFeatures", "exclusive-lock,journaling")),
        wrong("stripeUnit and stripeCount", r -> r.putParameters("stripeUnit", "4096")),
        wrong("objectSize 3000", r -> r.putParameters("objectSize", "3000")),
        wrong("objectSize x", r -> r.putParameters("objectSize", "x")),
        wrong("no secrets", r -> r.clearSecrets()),
        wrong("no userKey", r -> r.removeSecrets("userKey")),
        wrong("negative", r -> size(r, -1, 0)),
        wrong("negative", r -> size(r, 1, -1)),
        wrong("neither required_bytes nor limit_bytes", r -> size(r, 0, 0)),
        outOfRange("no whole number of MiB", r -> size(r, 0, 1000)),
        outOfRange("no whole number of MiB", r -> size(r, 2 * GIB, GIB)),
        outOfRange("9223372036854775807", r -> size(r, Long.MAX_VALUE, 0)),
        wrong("mutable_parameters", r -> r.putMutableParams("iops", "1")),
        wrong("neither a snapshot nor a volume", r -> r.getVolumeContentSourceBuilder()));
  }

  private static Arguments wrong(String value, Consumer<CreateVolumeRequest.Builder> change) {
    return Arguments.of(value, CsiException.InvalidArgument.class, change);
  }

  private static Arguments outOfRange(String value, Consumer<CreateVolumeRequest.Builder> change) {
    return Arguments.of(value, CsiException.OutOfRange.class, change);
  }

  private static void capability(CreateVolumeRequest.Builder request, VolumeCapability wrong) {
    request.clearVolumeCapabilities().addVolumeCapabilities(wrong);
  }

  private static void mode(CreateVolumeRequest.Builder request, AccessMode.Mode mode) {
    var wrong = Controller.writer().toBuilder();
    wrong.getAccessModeBuilder().setMode(mode);
    capability(request, wrong.build());
  }

  private static void filesystem(CreateVolumeRequest.Builder request, String type) {
    var wrong = Controller.writer().toBuilder();
    wrong.getMountBuilder().setFsType(type);
    capability(request, wrong.build());
  }

  private static void size(CreateVolumeRequest.Builder request, long required, long limit) {
    request.setCapacityRange(
        CapacityRange.newBuilder().setRequiredBytes(required).setLimitBytes(limit));
  }
}
