package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.GIB;
import static io.cephcsi.rbd.controller.Controller.SECRETS;
import static io.cephcsi.rbd.controller.Controller.copying;
import static io.cephcsi.rbd.controller.Controller.imageOf;
import static io.cephcsi.rbd.controller.Controller.request;
import static io.cephcsi.rbd.controller.Controller.restoring;
import static io.cephcsi.rbd.controller.Controller.snapshotOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import csi.v1.CapacityRange;
import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.GetSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.Topology;
import csi.v1.TopologyRequirement;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.journal.VolumeRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What ceph-csi is known to do wrong, by the numbers that its users and maintainers know it by.
 * What nodes do is in {@code io.cephcsi.rbd.node.KnownWeaknessesTest}; {@code
 * io.cephcsi.e2e.RbdWeaknessesTest} has the list of them all.
 */
class KnownWeaknessesTest {
  private static final String TWO_NAMESPACES =
      """
      [{"clusterID":"one","monitors":["mon"],"rbd":{"radosNamespace":"a"}},
       {"clusterID":"two","monitors":["mon"],"rbd":{"radosNamespace":"b"}}]
      """;

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

  private String volume(String name) {
    return controller.create(name).getVolume().getVolumeId();
  }

  private void limits(int hard, int soft) {
    controller.restart(new ControllerSettings(false, "", new CloneLimits(hard, soft, 450, 250)));
  }

  private boolean isClone(String image) {
    try (MemoryPool pool = controller.pool()) {
      return pool.imageId(image).flatMap(pool::imageParent).isPresent();
    }
  }

  private List<String> images(String namespace) {
    try (MemoryPool pool = controller.cluster.pool("rbd", namespace)) {
      return List.copyOf(pool.images().keySet());
    }
  }

  private void twoNamespaces() throws IOException {
    controller.cluster.addNamespace("rbd", "a");
    controller.cluster.addNamespace("rbd", "b");
    Files.writeString(controller.config, TWO_NAMESPACES);
  }

  /** Its header names its parent still, for the snapshot; it is no clone any more all the same. */
  @Test
  void sourceWithASnapshotAndWithoutDeepFlatten_isCopiedWhenItIsFlat() throws Exception {
    var layered =
        copying("pvc-layered", volume("pvc-source")).putParameters("imageFeatures", "layering");
    String source = controller.create(layered).getVolumeId();
    var _ = controller.snapshot("older", source);
    limits(2, 2);

    Controller.await(() -> isMade(copying("pvc-copy", source)));

    assertThat(isClone(imageOf(source))).isFalse();
  }

  private boolean isMade(CreateVolumeRequest.Builder request) {
    try {
      var _ = controller.create(request);
      return true;
    } catch (CsiException.Aborted e) {
      return false; // it is being flattened
    }
  }

  @Test
  void c1_callsOnTwoNamespacesAtOnce_areNotMixed() throws Exception {
    twoNamespaces();
    List<String> ids = new ArrayList<>();
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("create csi.volume.") && ids.isEmpty()) {
            ids.add(""); // once
            ids.add(
                controller
                    .create(request("pvc-2").putParameters("clusterID", "two"))
                    .getVolumeId());
          }
        });

    String first = volume("pvc-1");

    controller.cluster.operations().before(_ -> {});
    assertThat(images("a")).containsExactly(imageOf(first));
    assertThat(images("b")).containsExactly(imageOf(ids.get(1)));
    try (MemoryPool b = controller.cluster.pool("rbd", "b")) {
      assertThat(b.list("csi.volumes.default", "", 10)).containsOnlyKeys("csi.volume.pvc-2");
    }
  }

  @Test
  void c2_nameThatLeadsToAnEmptyObject_isProvisioned() throws Exception {
    String stuck = "b0285c97-a0ce-11eb-8c66-0242ac110002";
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.create("csi.volume." + stuck, Map.of())).isTrue();
      assertThat(pool.compareAndPut("csi.volumes.default", "csi.volume.pvc-1", "", stuck)).isTrue();
    }

    controller.delete(volume("pvc-1"));

    controller.awaitNothingLeft();
  }

  @Test
  void c3_directoryInAnotherPool_isWrittenThereAndTheObjectWithTheImage() throws Exception {
    controller.cluster.addPool("old");
    String uuid = "b0285c97-a0ce-11eb-8c66-0242ac110002";
    try (MemoryPool old = controller.cluster.pool("old");
        MemoryPool pool = controller.pool()) {
      var stores = new Stores(old, pool, _ -> true);
      var known = new VolumeJournal("default", () -> UUID.fromString(uuid));
      var entry = known.reserve(stores, new VolumeRequest("pvc-1", "csi-vol-", "", "")).entry();
      pool.createImage(entry.imageName(), GIB, ImageOptions.DEFAULT);
      String imageId = pool.imageId(entry.imageName()).orElseThrow();

      assertThat(known.storeImageId(pool, uuid, "", imageId)).isTrue();

      assertThat(old.objects()).containsExactly("csi.volumes.default");
      assertThat(pool.get("csi.volume." + uuid, Set.of("csi.imageid")))
          .containsEntry("csi.imageid", imageId);
      controller.delete(new VolumeId("one", pool.id(), uuid).text());
      assertThat(old.list("csi.volumes.default", "", 10)).isEmpty();
    }
    controller.awaitNothingLeft();
  }

  @Test
  void c4_cloneThatFails_isNeverToldAsMade() {
    String source = volume("pvc-source");
    for (int n = 1; ; n++) {
      controller.cluster.operations().failBefore(n, Errno.EIO);
      Throwable failure =
          catchThrowable(() ->
              assertThat(
                      isClone(imageOf(controller.create(copying("pvc-1", source)).getVolumeId())))
                  .isTrue());
      if (controller.cluster.operations().restart() || failure == null) {
        break;
      }
      assertThat(failure).isInstanceOfAny(CephException.class, CsiException.class);
    }
  }

  @Test
  void c5_copyThatIsResumed_isAnsweredWithItsIdAndKeepsItsImagesId() throws Exception {
    String source = volume("pvc-source");
    for (int n = 1; ; n++) {
      String name = "pvc-" + n;
      controller.cluster.operations().crashAfter(n);
      Throwable crash = catchThrowable(() -> controller.create(copying(name, source)));
      boolean crashed = controller.cluster.operations().restart();
      controller.restart(new ControllerSettings(false, ""));

      String copy = controller.create(copying(name, source)).getVolumeId();

      assertThat(crash).satisfies(c -> assertThat(c != null).isEqualTo(crashed));
      assertThat(isClone(imageOf(copy))).isTrue();
      try (MemoryPool pool = controller.pool()) {
        assertThat(pool.get("csi.volume." + Controller.uuidOf(copy), Set.of("csi.imageid")))
            .containsEntry("csi.imageid", pool.imageId(imageOf(copy)).orElseThrow());
      }
      if (!crashed) {
        break;
      }
    }
  }

  @Test
  void c9_snapshotOfAVolumeThatIsExpanded_isAborted() {
    String source = volume("pvc-1");
    List<Throwable> met = new ArrayList<>();
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("resize image") && met.isEmpty()) {
            met.add(catchThrowable(() -> controller.snapshot("snapshot-1", source)));
          }
        });

    controller.expand(source, 2 * GIB);

    assertThat(met).singleElement().isInstanceOf(CsiException.Aborted.class);
  }

  @Test
  void c12_groupOfVolumes_leavesNoneOfThemOpen() {
    String first = volume("pvc-1");
    String second = volume("pvc-2");

    var _ = group(first, second);

    for (String image : List.of(imageOf(first), imageOf(second))) {
      try (MemoryPool pool = controller.pool()) {
        assertThat(pool.imageWatched(pool.imageId(image).orElseThrow())).isFalse();
      }
    }
  }

  private String group(String... volumes) {
    return controller
        .createGroup
        .answer(
            CreateVolumeGroupSnapshotRequest.newBuilder()
                .setName("group-1")
                .addAllSourceVolumeIds(List.of(volumes))
                .putParameters("clusterID", "one")
                .putAllSecrets(SECRETS)
                .build())
        .getGroupSnapshot()
        .getGroupSnapshotId();
  }

  @Test
  void c16_restoreFromADeepSnapshot_flattensTheSnapshotAndNotTheVolume() throws Exception {
    String source = controller.create(copying("pvc-1", volume("pvc-0"))).getVolumeId();
    String snapshot = controller.snapshot("snapshot-1", source);
    limits(3, 3);

    assertThatThrownBy(() -> controller.create(restoring("pvc-2", snapshot)))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining(snapshot);

    Controller.await(() -> !isClone("csi-snap-" + Controller.uuidOf(snapshot)));
    assertThat(isClone(imageOf(source))).isTrue();
    assertThat(controller.create(restoring("pvc-2", snapshot)).getCapacityBytes()).isEqualTo(GIB);
  }

  @Test
  void c17_purgeAndFlattening_areInTheNamespace() throws Exception {
    twoNamespaces();
    String source = volume("pvc-source");
    String copy = controller.create(copying("pvc-1", source)).getVolumeId();
    limits(8, 1);
    String second = controller.create(copying("pvc-2", copy)).getVolumeId();
    Controller.await(() -> hasNoParent("a", imageOf(copy)));
    controller.delete(second);
    controller.delete(copy);
    controller.delete(source);
    Controller.await(() -> trashIsEmpty("a"));
  }

  private boolean hasNoParent(String namespace, String image) {
    try (MemoryPool pool = controller.cluster.pool("rbd", namespace)) {
      return pool.imageId(image).flatMap(pool::imageParent).isEmpty();
    }
  }

  private boolean trashIsEmpty(String namespace) {
    try (MemoryPool pool = controller.cluster.pool("rbd", namespace)) {
      return pool.trashEntries().isEmpty();
    }
  }

  @Test
  void c18_snapshotsAndGroupsOfALostCluster_areFoundInItsMirror() throws Exception {
    String snapshot = controller.snapshot("snapshot-1", volume("pvc-1"));
    String group = group(volume("pvc-2"), volume("pvc-3"));
    Files.writeString(
        controller.mapping,
        "[{\"clusterIDMapping\":{\"lost\":\"one\"},\"RBDPoolIDMapping\":[{\"9\":\"1\"}]}]");

    String restored = controller.create(restoring("pvc-4", lost(snapshot))).getVolumeId();
    assertThat(isClone(imageOf(restored))).isTrue();
    csi.v1.Snapshot told =
        controller
            .getSnapshot
            .answer(GetSnapshotRequest.newBuilder().setSnapshotId(lost(snapshot)).build())
            .getSnapshot();
    assertThat(told.getReadyToUse()).isTrue();
    assertThat(told.getSnapshotId()).as("the caller's").isEqualTo(lost(snapshot));
    var asked = GetVolumeGroupSnapshotRequest.newBuilder().setGroupSnapshotId(lost(group));
    assertThat(
            controller
                .getGroup
                .answer(asked.putAllSecrets(SECRETS).build())
                .getGroupSnapshot()
                .getSnapshotsCount())
        .isEqualTo(2);
    var _ =
        controller.deleteGroup.answer(
            DeleteVolumeGroupSnapshotRequest.newBuilder()
                .setGroupSnapshotId(lost(group))
                .putAllSecrets(SECRETS)
                .build());
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.groups.default", "", 10)).isEmpty();
    }
  }

  @Test
  void c19_l8_deletedGroup_freesItsNameAndItsKey() throws Exception {
    String first = volume("pvc-1");
    String second = volume("pvc-2");
    String before = group(first, second);
    assertThat(group(first, second)).isEqualTo(before);

    deleteGroup(before);
    deleteGroup(before);

    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.list("csi.groups.default", "", 10)).isEmpty();
    }
    assertThat(group(first, second)).isNotEqualTo(before);
  }

  @Test
  void c19_groupWithAVolumeThatIsNotThere_isRefusedAndLeavesNothing() throws Exception {
    String first = volume("pvc-1");
    String second = volume("pvc-2");
    controller.delete(second);

    assertThatThrownBy(() -> group(first, second)).isInstanceOf(CsiException.NotFound.class);

    controller.delete(first);
    controller.awaitNothingLeft();
  }

  private void deleteGroup(String id) {
    var _ =
        controller.deleteGroup.answer(
            DeleteVolumeGroupSnapshotRequest.newBuilder()
                .setGroupSnapshotId(id)
                .putAllSecrets(SECRETS)
                .build());
  }

  @Test
  void c21_sizeThatIsRoundedUp_keepsTheLimit() {
    long required = GIB + GIB / 10;
    long limit = GIB + GIB / 5;
    var range = CapacityRange.newBuilder().setRequiredBytes(required).setLimitBytes(limit);

    long bytes = controller.create(request("pvc-1").setCapacityRange(range)).getCapacityBytes();

    assertThat(bytes).isBetween(required, limit);
  }

  @Test
  void c22_contextOfAVolume_namesThePoolThatTopologyChose() {
    controller.cluster.addPool("east");
    var east = Topology.newBuilder().putSegments("topology.rbd.csi.ceph.com/region", "e");
    String pools =
        "[{\"poolName\":\"east\",\"domainSegments\":[{\"domainLabel\":\"region\",\"value\":\"e\"}]}]";

    var made =
        controller.create(
            request("pvc-1")
                .putParameters("topologyConstrainedPools", pools)
                .setAccessibilityRequirements(
                    TopologyRequirement.newBuilder().addRequisite(east).addPreferred(east)));

    assertThat(made.getVolumeContextMap())
        .containsEntry("pool", "east")
        .containsEntry("journalPool", "east");
    try (MemoryPool pool = controller.cluster.pool("east")) {
      assertThat(pool.images()).containsOnlyKeys(imageOf(made.getVolumeId()));
    }
  }

  private static String lost(String id) {
    return new VolumeId("lost", 9, Controller.uuidOf(id)).text();
  }

  @Test
  void c29_volumeThatIsBeingFlattened_isFoundAllTheSame() throws Exception {
    String source = volume("pvc-source");
    String copy = controller.create(copying("pvc-1", source)).getVolumeId();
    List<String> again = new ArrayList<>();
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("flatten image") && again.isEmpty()) {
            again.add(controller.create(copying("pvc-1", source)).getVolumeId());
          }
        });
    limits(8, 1);

    var _ = controller.create(copying("pvc-2", copy));

    Controller.await(() -> !again.isEmpty());
    assertThat(again).containsExactly(copy);
  }

  @Test
  void c30_snapshotThatFails_leavesItsSourceAsItWas() {
    String source = volume("pvc-1");
    Map<String, String> before = stored(source);
    for (int n = 1; ; n++) {
      controller.cluster.operations().failBefore(n, Errno.EIO);
      Throwable failure = catchThrowable(() -> controller.snapshot("snapshot-1", source));

      assertThat(stored(source)).isEqualTo(before);
      try (MemoryPool pool = controller.pool()) {
        assertThat(pool.imageId(imageOf(source))).contains(before.get("csi.imageid"));
      }
      controller.cluster.operations().restart();
      if (failure == null) {
        break;
      }
    }
  }

  private Map<String, String> stored(String volume) {
    try (MemoryPool pool = controller.pool()) {
      return pool.list("csi.volume." + Controller.uuidOf(volume), "", 100);
    }
  }

  /** Such an object is small, and no image belongs to it; who lists the pool finds it. */
  @Test
  void l1_crashAmidAReservation_leavesNoImageAndAtMostOneObjectThatIsFound() {
    for (int n = 1; n <= 2; n++) {
      controller.cluster.operations().crashAfter(n);
      var _ = catchThrowable(() -> volume("pvc-1"));
      assertThat(controller.cluster.operations().restart()).isTrue();
      controller.restart(new ControllerSettings(false, ""));
    }

    String made = volume("pvc-1");

    try (MemoryPool pool = controller.pool()) {
      List<String> orphans = new ArrayList<>();
      pool.forEachObject(object ->
          JournalKind.VOLUMES
              .uuidOfObject(object)
              .filter(uuid -> !uuid.equals(Controller.uuidOf(made)))
              .ifPresent(orphans::add));
      assertThat(orphans).hasSizeLessThanOrEqualTo(1);
      var journal = new StoredJournal(pool);
      assertThat(journal.names(JournalKind.VOLUMES, "csi.volumes.default"))
          .singleElement()
          .satisfies(name -> assertThat(name.value()).isEqualTo(Controller.uuidOf(made)));
      for (String uuid : orphans) {
        var entry = journal.entry(JournalKind.VOLUMES, uuid).orElseThrow();
        assertThat(entry.keys())
            .containsEntry("csi.volname", "pvc-1")
            .doesNotContainKey("csi.imageid");
        assertThat(journal.remove(entry.object(), entry.keys())).isTrue();
      }
      assertThat(pool.images()).containsOnlyKeys(imageOf(made));
    }
  }

  @Test
  void l2_volumeWhoseMetadataFails_leavesNothing() throws Exception {
    controller.restart(new ControllerSettings(true, "cluster"));
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("change metadata")) {
            throw new CephException(Errno.EIO, operation);
          }
        });

    assertThatThrownBy(() ->
            controller.create(
                request("pvc-1").putParameters("csi.storage.k8s.io/pvc/name", "claim")))
        .isInstanceOf(CephException.class);

    controller.cluster.operations().before(_ -> {});
    controller.awaitNothingLeft();
  }

  @Test
  void l3_snapshotWhoseMetadataFails_leavesNothing() throws Exception {
    String source = volume("pvc-1");
    for (int errno : new int[] {Errno.ENOSPC, Errno.EIO}) {
      controller
          .cluster
          .operations()
          .before(operation -> {
            if (operation.startsWith("change metadata")) {
              throw new CephException(errno, operation);
            }
          });
      assertThatThrownBy(() -> controller.snapshot("snapshot-1", source))
          .isInstanceOfAny(CephException.class, CsiException.class);
      controller.cluster.operations().before(_ -> {});
      assertThat(images("")).containsExactly(imageOf(source));
    }
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void l4_deletionWithoutTheMainImage_stillFindsTheIntermediateOne() throws Exception {
    String id = volume("pvc-1");
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage(imageOf(id));
      pool.createImage(imageOf(id) + "-temp", GIB, ImageOptions.DEFAULT);
    }

    controller.delete(id);

    controller.awaitNothingLeft();
  }

  @Test
  void l5_everyCallAndItsBackground_giveTheirConnectionsBack() throws Exception {
    String source = volume("pvc-source");
    String snapshot = controller.snapshot("snapshot-1", source);
    limits(8, 1);
    String copy = controller.create(copying("pvc-1", source)).getVolumeId();
    String deeper = controller.create(copying("pvc-2", copy)).getVolumeId();
    String restored = controller.create(restoring("pvc-3", snapshot)).getVolumeId();
    String missing = imageOf(restored);
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage(missing);
    }
    assertThatThrownBy(() -> controller.snapshot("snapshot-2", restored))
        .isInstanceOf(CsiException.class);
    for (String id : List.of(restored, deeper, copy, source)) {
      controller.delete(id);
    }
    controller.deleteSnapshot(snapshot);
    controller.awaitNothingLeft();

    controller.close();

    controller.clusters.checkNothingOpen();
  }

  @Test
  void l9_sourceWithTheCutOfAnInterruptedCopy_isPurged() throws Exception {
    String source = volume("pvc-1");
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImage(imageOf(source))) {
      image.createSnapshot("csi-vol-b0285c97-a0ce-11eb-8c66-0242ac110002-temp");
    }

    controller.delete(source);

    controller.awaitNothingLeft();
  }

  /** Ceph's libraries give up by themselves; whoever asks again is served, and never refused. */
  @Test
  void w1_clusterThatHung_servesTheRepeatedCall() {
    for (int n = 1; ; n++) {
      String name = "pvc-" + n;
      controller.cluster.operations().failBefore(n, Errno.ETIMEDOUT);
      Throwable failure =
          catchThrowable(
              () -> CephFailures.told(controller.createVolume).answer(request(name).build()));
      boolean came = !controller.cluster.operations().pending();
      controller.cluster.operations().restart();

      if (failure != null) {
        assertThat(failure).isInstanceOf(CsiException.Unavailable.class);
      }
      assertThat(volume(name)).isNotEmpty();
      if (!came) {
        break;
      }
    }
  }

  @Test
  void w4_snapshotThatIsTooDeep_isNotReadyUntilItIsFlat() throws Exception {
    String source = volume("pvc-1");
    limits(1, 1);

    var made =
        controller.createSnapshot.answer(snapshotOf("snapshot-1", source).build()).getSnapshot();

    assertThat(made.getReadyToUse()).isFalse();
    var ask =
        GetSnapshotRequest.newBuilder()
            .setSnapshotId(made.getSnapshotId())
            .putAllSecrets(SECRETS)
            .build();
    Controller.await(() -> controller.getSnapshot.answer(ask).getSnapshot().getReadyToUse());
  }
}
