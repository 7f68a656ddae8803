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

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.GetSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ceph-csi is known to do wrong, by the numbers that its users and maintainers know it by. */
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
    assertThat(
            controller
                .getSnapshot
                .answer(
                    GetSnapshotRequest.newBuilder()
                        .setSnapshotId(lost(snapshot))
                        .putAllSecrets(SECRETS)
                        .build())
                .getSnapshot()
                .getReadyToUse())
        .isTrue();
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
