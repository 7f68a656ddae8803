package io.cephcsi.rbd.controller;

import static io.cephcsi.ceph.ImageSnapshot.Kind.USER;
import static io.cephcsi.rbd.controller.Controller.GIB;
import static io.cephcsi.rbd.controller.Controller.copying;
import static io.cephcsi.rbd.controller.Controller.imageOf;
import static io.cephcsi.rbd.controller.Controller.request;
import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CapacityRange;
import csi.v1.GetSnapshotRequest;
import csi.v1.ListSnapshotsRequest;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.ceph.SnapshotHeader;
import io.cephcsi.journal.Stores;
import io.cephcsi.rbd.FlatteningClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Purges and flattening, in the background of a controller on clusters in memory. */
class BackgroundWorkTest {
  private static final ControllerSettings SHALLOW =
      new ControllerSettings(false, "", new CloneLimits(8, 1, 450, 250));

  @TempDir Path directory;
  private Controller controller;
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

  private boolean isClone(String image) {
    try (MemoryPool pool = controller.pool()) {
      return pool.imageId(image).flatMap(pool::imageParent).isPresent();
    }
  }

  private List<String> ownKeys() {
    try (MemoryPool pool = controller.pool()) {
      return pool.list("csi.volumes.default", "", 100).keySet().stream()
          .filter(key -> key.startsWith("cephcsi."))
          .toList();
    }
  }

  private String idOf(String image) {
    try (MemoryPool pool = controller.pool()) {
      return pool.imageId(image).orElseThrow();
    }
  }

  /** Each clone that goes wakes the purge of its source; that must not be one more each time. */
  @Test
  void purge_ofASourceWithManyClones_waitsJustOnce() throws Exception {
    List<String> copies = new ArrayList<>();
    for (int n = 0; n < 5; n++) {
      copies.add(controller.create(copying("pvc-" + n, source)).getVolumeId());
    }
    controller.delete(source);
    Controller.await(() -> controller.purges() == 1);

    for (String copy : copies.subList(1, 5)) {
      controller.delete(copy);
    }
    Controller.await(() -> trashed() == 1);
    Controller.await(() -> controller.purges() == 1);

    controller.delete(copies.getFirst());
    controller.awaitNothingLeft();
    Controller.await(() -> controller.purges() == 0);
  }

  /** A driver was killed when it had just let go the clone that had kept the snapshot. */
  @Test
  void purge_ofASourceWithASnapshotThatNoCloneKeeps_isNotHeldUp() throws Exception {
    String image = imageOf(source);
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(image)) {
      open.createSnapshot("csi-snap-b0285c97-a0ce-11eb-8c66-0242ac110002");
      pool.takeSnapshotName(open.id(), open.snapshots().getFirst().id());
    }

    controller.delete(source);

    controller.awaitNothingLeft();
  }

  /** Who leads changes without a restart: the lease is the sidecar's. */
  @Test
  void purge_ofAnotherReplicaThatDied_isTakenUpByOneThatRunsOn() throws Exception {
    controller.resumeAfter = Duration.ZERO;
    controller.resumeAgain = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));
    controller.create("pvc-1");
    Controller.await(() -> looks() == 1);
    discardAndDie(source);
    assertThat(trashed()).isEqualTo(1);

    controller.create("pvc-2");

    Controller.await(() -> trashed() == 0 && ownKeys().isEmpty());
  }

  @Test
  void lookForCutOffWork_withinTheHour_isOne() throws Exception {
    controller.resumeAfter = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));
    controller.create("pvc-1");
    Controller.await(() -> looks() == 1);

    controller.create("pvc-2");
    controller.delete(controller.create("pvc-3").getVolume().getVolumeId());
    Controller.await(() -> trashed() == 0);

    assertThat(looks()).isEqualTo(1);
  }

  /** What waits for clones is not begun anew by every look. */
  @Test
  void lookForCutOffWork_whileAPurgeWaits_leavesItWaiting() throws Exception {
    controller.resumeAfter = Duration.ZERO;
    controller.resumeAgain = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));
    String copy = controller.create(copying("pvc-copy", source)).getVolumeId();
    String id = idOf(imageOf(source));
    controller.delete(source);
    Controller.await(() -> controller.purges() == 1 && looks() >= 2);
    Thread.sleep(300);
    long tries = tries(id);
    String object = "get csi.volume." + Controller.uuidOf(source);
    long reads = count(object);

    controller.create("pvc-1");
    Controller.await(() -> looks() >= 3);
    Thread.sleep(300);

    assertThat(tries(id)).isEqualTo(tries);
    assertThat(count(object)).as("its record says all that is needed").isEqualTo(reads);
    controller.delete(copy);
    Controller.await(() -> trashed() == 0);
  }

  /** It would be purged twice, the second time for nothing. */
  @Test
  void lookForCutOffWork_whileAPurgeIsInTheQueue_leavesItThere() throws Exception {
    controller.resumeAfter = Duration.ZERO;
    controller.resumeAgain = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));
    String queued = controller.create("pvc-queued").getVolume().getVolumeId();
    List<String> ids = List.of(idOf(imageOf(source)), idOf(imageOf(queued)));
    var goesOn = new CountDownLatch(1);
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("remove from trash")) {
            await(goesOn);
          }
        });
    controller.delete(source);
    controller.delete(queued);
    assertThat(controller.purges()).isEqualTo(2);
    long looks = looks();

    controller.create("pvc-1");
    controller.create("pvc-2");
    Controller.await(() -> looks() >= looks + 2);
    goesOn.countDown();

    Controller.await(() -> trashed() == 0 && controller.purges() == 0);
    assertThat(tries(ids.getLast())).isEqualTo(tries(ids.getFirst()));
  }

  private long tries(String imageId) {
    return count("read image state " + imageId);
  }

  private long looks() {
    return count("list csi.snaps.default");
  }

  private long count(String operation) {
    return controller.cluster.operations().log().stream().filter(operation::equals).count();
  }

  /** As another replica does that is killed right before it purges. */
  private void discardAndDie(String volume) {
    String uuid = Controller.uuidOf(volume);
    try (MemoryPool pool = controller.pool()) {
      var entry = controller.journal.read(pool, uuid).orElseThrow();
      controller.journal.discard(pool, uuid);
      pool.trashMove(imageOf(volume), Duration.ZERO);
      controller.journal.discardName(Stores.of(pool), entry, List.of(entry.imageId()));
    }
  }

  private int trashed() {
    try (MemoryPool pool = controller.pool()) {
      return pool.trashEntries().size();
    }
  }

  @Test
  void purge_ofALargeImage_isHandedOverWithoutWhatHindersTheManager() throws Exception {
    String large =
        controller
            .create(
                request("pvc-large")
                    .putParameters("imageFeatures", "layering")
                    .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(100 * GIB)))
            .getVolumeId();
    String image = imageOf(large);
    String id = idOf(image);
    String copy = controller.create(copying("pvc-copy", large).clearCapacityRange()).getVolumeId();
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(image)) {
      open.createSnapshot("csi-vol-b0285c97-a0ce-11eb-8c66-0242ac110002-temp");
    }
    var handedOver = new AtomicInteger();
    controller.cluster.onManagerCommand(_ -> {
      assertThat(snapshots(id)).noneMatch(s -> s.clones() > 0 || !s.abandoned());
      handedOver.incrementAndGet();
      return "{}";
    });

    controller.delete(large);

    Controller.await(() -> snapshots(id).stream().noneMatch(s -> s.snapshot().kind() == USER));
    assertThat(handedOver).hasValue(0);
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(imageOf(copy))) {
      open.flatten();
    }
    controller.delete(copy);
    controller.resumeAfter = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));
    controller.delete(controller.create("pvc-1").getVolume().getVolumeId());
    Controller.await(() -> handedOver.get() == 1);
  }

  private List<SnapshotHeader> snapshots(String id) {
    try (MemoryPool pool = controller.pool()) {
      return pool.snapshotHeaders(id, pool.imageState(id).orElseThrow().snapshots());
    }
  }

  @Test
  void purge_inAClusterThatHangs_holdsUpNoOther() throws Exception {
    var second = new MemoryCluster("rbd");
    controller.clusters.add("mon2", second);
    Files.writeString(
        controller.config,
        "[{\"clusterID\":\"one\",\"monitors\":[\"mon\"]},{\"clusterID\":\"two\",\"monitors\":[\"mon2\"]}]");
    var answers = new CountDownLatch(1);
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("remove from trash")) {
            await(answers);
          }
        });
    String other =
        controller.create(request("pvc-2").putParameters("clusterID", "two")).getVolumeId();

    controller.delete(source);
    controller.delete(other);

    Controller.await(() -> isEmpty(second));
    assertThat(trashed()).isEqualTo(1);
    answers.countDown();
    controller.awaitNothingLeft();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean isEmpty(MemoryCluster cluster) {
    try (MemoryPool pool = cluster.pool("rbd")) {
      return pool.trashEntries().isEmpty() && pool.images().isEmpty();
    }
  }

  @Test
  void flatten_isAnnouncedAtTheImageWhileItLasts() throws Exception {
    String copy = controller.create(copying("pvc-1", source)).getVolumeId();
    String id = idOf(imageOf(copy));
    List<String> announced = new ArrayList<>();
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.equals("flatten image " + id)) {
            try (MemoryPool pool = controller.pool()) {
              announced.add(FlatteningClient.of(pool, id));
            }
          }
        });
    controller.restart(SHALLOW);

    var _ = controller.create(copying("pvc-2", copy));

    Controller.await(() -> !isClone(imageOf(copy)) && ownKeys().isEmpty());
    assertThat(announced).containsExactly(controller.cluster.clientAddresses());
    try (MemoryPool pool = controller.pool()) {
      assertThat(FlatteningClient.of(pool, id)).isEmpty();
    }
  }

  @Test
  void flatten_cutOffByARestart_isFoundInTheDirectory() throws Exception {
    String copy = controller.create(copying("pvc-1", source)).getVolumeId();
    String id = idOf(imageOf(copy));
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.equals("flatten image " + id)) {
            throw new CephException(Errno.ENOTCONN, operation);
          }
        });
    controller.restart(SHALLOW);
    var _ = controller.create(copying("pvc-2", copy));
    Controller.await(
        () -> controller.cluster.operations().log().contains("change metadata of image " + id));
    assertThat(isClone(imageOf(copy))).isTrue();

    controller.cluster.operations().before(_ -> {});
    controller.resumeAfter = Duration.ZERO;
    controller.restart(new ControllerSettings(false, ""));
    controller.create("pvc-3");

    Controller.await(() -> !isClone(imageOf(copy)) && ownKeys().isEmpty());
  }

  /** A sidecar lists every few minutes; that must not copy the data of all snapshots. */
  @Test
  void listing_ofDeepSnapshots_flattensNothing() {
    String snapshot = controller.snapshot("snapshot-1", source);
    controller.restart(SHALLOW);
    controller.cluster.operations().reset();

    var _ = controller.listSnapshots.answer(ListSnapshotsRequest.getDefaultInstance());
    var _ =
        controller.getSnapshot.answer(
            GetSnapshotRequest.newBuilder().setSnapshotId(snapshot).build());

    assertThat(controller.cluster.operations().writes()).isZero();
  }
}
