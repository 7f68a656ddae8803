package io.cephcsi.rbd.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.ControllerGetVolumeHealthRequest;
import csi.v1.ControllerListVolumeHealthRequest;
import csi.v1.ControllerListVolumeHealthResponse;
import csi.v1.ListVolumesRequest;
import csi.v1.VolumeHealth;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import csi.v1.VolumeHealthErrorType;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ControllerGetVolumeHealth and ControllerListVolumeHealth tell of volumes. */
class VolumeHealthTest {
  private static final String WELL = "{\"checks\":{}}";

  @TempDir Path directory;
  private final CountDownLatch answers = new CountDownLatch(1);
  private Controller controller;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    monitorsSay(WELL, "hashpspool", "hashpspool");
    controller.cluster.addPool("data");
  }

  @AfterEach
  void stop() throws Exception {
    answers.countDown();
    controller.cluster.operations().before(_ -> {});
    controller.close();
  }

  /** One pool for images, another for data. */
  private void monitorsSay(String health, String flags, String flagsOfData) {
    String pool =
        "{\"pool_id\":%d,\"pool_name\":\"%s\",\"flags_names\":\"%s\",\"application_metadata\":{\"rbd\":{}}}";
    String pools =
        "[%s,%s]"
            .formatted(pool.formatted(1, "rbd", flags), pool.formatted(2, "data", flagsOfData));
    controller.cluster.onMonitorCommand(command -> command.contains("health") ? health : pools);
  }

  @Test
  void get_healthyVolume_hasNoProblem() {
    String id = create("pvc-1");

    assertThat(get(id).getVolumeId()).isEqualTo(id);
    assertThat(problems(id)).isEmpty();
    controller.clusters.checkNothingOpen();
  }

  /** The other cluster's monitors and pools are what matters to it. */
  @Test
  void get_volumeOfALostCluster_isThatOfItsMirror() throws Exception {
    String id = create("pvc-1");
    Files.writeString(
        controller.mapping,
        "[{\"clusterIDMapping\":{\"lost\":\"one\"},\"RBDPoolIDMapping\":[{\"9\":\"1\"}]}]");
    String lost = new VolumeId("lost", 9, VolumeId.of(id).orElseThrow().uuid()).text();

    assertThat(get(lost).getVolumeId()).isEqualTo(lost);
    assertThat(problems(lost)).isEmpty();
    monitorsSay(WELL, "hashpspool,full", "hashpspool");
    assertThat(problems(lost)).isNotEmpty();
  }

  @Test
  void get_imageGone_isDataLoss() {
    String id = create("pvc-1");
    String image = image();
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage(image);
    }

    assertThat(problem(id).getStatus()).isEqualTo(VolumeHealthErrorType.DATA_LOSS);
    assertThat(problem(id).getReason()).isEqualTo("ImageMissing");
    assertThat(problem(id).getMessage()).contains("rbd/" + image).contains("backup");
  }

  @Test
  void get_imageInTrash_saysHowToGetItBack() {
    String id = create("pvc-1");
    trash();

    assertThat(problem(id).getStatus()).isEqualTo(VolumeHealthErrorType.INACCESSIBLE);
    assertThat(problem(id).getReason()).isEqualTo("ImageInTrash");
    assertThat(problem(id).getMessage()).contains("rbd trash restore --pool rbd ");
  }

  @Test
  void get_staticAndInTreeVolumes_areLookedAtToo() {
    var _ = create("pvc-1"); // so that a user is known
    try (MemoryPool pool = controller.pool()) {
      pool.createImage("by-hand", 1 << 20, ImageOptions.DEFAULT);
      pool.createImage("kubernetes-dynamic-pvc-7", 1 << 20, ImageOptions.DEFAULT);
    }
    String inTree = "mig_mons-one_image-7_726264";
    for (String id : List.of("one/rbd/by-hand", inTree)) {
      assertThat(get(id).getVolumeId()).isEqualTo(id);
      monitorsSay(WELL, "hashpspool,full", "hashpspool");
      assertThat(problem(id).getReason()).isEqualTo("PoolFull");
      monitorsSay(WELL, "hashpspool", "hashpspool");
      assertThat(problems(id)).isEmpty();
    }
    assertThatThrownBy(() -> get("one/rbd/missing")).isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void get_deletedOrUnknown_isNotFound() {
    String id = create("pvc-1");
    controller.delete(id);

    assertThatThrownBy(() -> get(id)).isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> get("x")).isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> get("")).isInstanceOf(CsiException.InvalidArgument.class);
  }

  @Test
  void get_poolFull_saysWhy() {
    String id = create("pvc-1");

    monitorsSay(WELL, "hashpspool,full,full_quota", "hashpspool");
    assertThat(problem(id).getReason()).isEqualTo("PoolQuotaReached");
    monitorsSay(WELL, "hashpspool,full", "hashpspool");
    assertThat(problem(id).getReason()).isEqualTo("PoolFull");
    assertThat(problem(id).getStatus()).isEqualTo(VolumeHealthErrorType.DEGRADED);
  }

  @Test
  void get_poolOfTheDataFull_isToldOfVolumesWithDataInIt() {
    String id = create("pvc-1");
    String split = createWithDataPool("pvc-2");
    monitorsSay(WELL, "hashpspool", "full");

    assertThat(problems(id)).isEmpty();
    assertThat(problem(split).getMessage()).contains("pool data");
    assertThat(listed(0, "")).containsExactly(split);
  }

  @Test
  void get_placementGroupsInactive_isToldOfTheirPoolAlone() {
    String id = create("pvc-1");
    String health =
        "{\"checks\":{\"PG_AVAILABILITY\":{\"severity\":\"HEALTH_WARN\",\"summary\":{\"message\":"
            + "\"1 pg inactive\"},\"detail\":[{\"message\":\"pg %d.3 is stuck inactive for 2m\"}]}}}";
    monitorsSay(health.formatted(2), "hashpspool", "hashpspool");
    assertThat(problems(id)).isEmpty();
    monitorsSay(health.formatted(1), "hashpspool", "hashpspool");
    assertThat(problem(id).getReason()).isEqualTo("PlacementGroupsInactive");
    assertThat(problem(id).getMessage()).contains("pg 1.3");
  }

  @Test
  void get_imageDoesNotAnswer_isToldInTimeAndHindersNoOtherVolume() {
    String id = create("pvc-1");
    String image = image();
    String other = create("pvc-2");
    hang("read image id " + image);

    VolumeHealthEntry first = problem(id);

    assertThat(first.getStatus()).isEqualTo(VolumeHealthErrorType.INACCESSIBLE);
    assertThat(first.getReason()).isEqualTo("NotAnswering");
    assertThat(first.getMessage()).contains("not answering since").contains("pool rbd");
    assertThat(problems(other)).isEmpty();
    assertThat(problem(id)).isEqualTo(first);
  }

  @Test
  void get_cephGaveUp_keepsTheTimeOfTheFirstSilence() throws Exception {
    String id = create("pvc-1");
    refuse("read image id", Errno.ETIMEDOUT);

    String first = problem(id).getMessage();
    Thread.sleep(1100);

    assertThat(problem(id).getMessage()).isEqualTo(first);
    controller.cluster.operations().before(_ -> {});
    assertThat(problems(id)).isEmpty();
  }

  @Test
  void get_monitorsSilent_isDegradedWhileTheImageAnswers() {
    String id = create("pvc-1");
    hang("monitor command");

    assertThat(problem(id).getReason()).isEqualTo("MonitorsNotAnswering");
    assertThat(problem(id).getStatus()).isEqualTo(VolumeHealthErrorType.DEGRADED);
  }

  @Test
  void get_ownClientBlocklisted_isInaccessible() {
    String id = create("pvc-1");
    refuse("read image id", Errno.ESHUTDOWN);

    assertThat(problem(id).getReason()).isEqualTo("ClientBlocklisted");
  }

  @Test
  void list_onlyWhatIsIll_withoutLookingAtTheOthers() {
    for (int i = 0; i < 20; i++) {
      create("pvc-" + i);
    }
    String id = create("pvc-x");
    trashNewest(id);
    controller.cluster.operations().reset();

    assertThat(listed(0, "")).containsExactly(id);
    assertThat(controller.cluster.operations().log())
        .noneMatch(o -> o.startsWith("open image"))
        .filteredOn(o -> o.startsWith("read image id"))
        .hasSize(1);
    assertThat(controller.cluster.operations().reads()).isLessThan(20);
  }

  /** Whose image an administrator made is known by its PersistentVolume alone. */
  @Test
  void list_staticVolumes_areLeftOutThoughTheyCanBeAskedFor() {
    String id = create("pvc-1");
    try (MemoryPool pool = controller.pool()) {
      pool.createImage("by-hand", 1 << 20, ImageOptions.DEFAULT);
    }
    monitorsSay(WELL, "full", "hashpspool");

    assertThat(listed(0, "")).containsExactly(id);
    assertThat(problem("one/rbd/by-hand").getReason()).isEqualTo("PoolFull");
    assertThat(
            controller
                .listVolumes
                .answer(ListVolumesRequest.getDefaultInstance())
                .getEntriesList()
                .stream()
                .map(entry -> entry.getVolume().getVolumeId()))
        .containsExactly(id);
  }

  @Test
  void list_pages_haveEachIllVolumeOnce() {
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      made.add(create("pvc-" + i));
    }
    monitorsSay(WELL, "full", "hashpspool");

    List<String> listed = new ArrayList<>();
    String token = "";
    do {
      ControllerListVolumeHealthResponse page = list(3, token);
      assertThat(page.getEntriesCount()).isLessThanOrEqualTo(3);
      page.getEntriesList().forEach(e -> listed.add(e.getVolumeId()));
      token = page.getNextToken();
    } while (!token.isEmpty());

    assertThat(listed).containsExactlyElementsOf(made);
  }

  @Test
  void list_wrongToken_isRefused() {
    create("pvc-1");
    assertThatThrownBy(() -> list(1, "nonsense")).isInstanceOf(CsiException.Aborted.class);
  }

  @Test
  void list_poolOrMonitorsDoNotAnswer_isUnavailableInTime() {
    create("pvc-1");
    hang("list images");
    assertThatThrownBy(() -> list(0, ""))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("pool 1 of cluster one is not answering since");
    hang("monitor command");
    assertThatThrownBy(() -> list(0, ""))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("monitors");
  }

  @Test
  void list_withSecrets_needsNoKnownUser() {
    var request = ControllerListVolumeHealthRequest.newBuilder();
    assertThatThrownBy(() -> controller.listVolumeHealth.answer(request.build()))
        .isInstanceOf(CsiException.FailedPrecondition.class);

    request.putAllSecrets(Controller.SECRETS);

    assertThat(controller.listVolumeHealth.answer(request.build()).getEntriesCount()).isZero();
  }

  /** Operations that start so wait until the test is over. */
  private void hang(String operation) {
    controller
        .cluster
        .operations()
        .before(o -> {
          if (o.startsWith(operation)) {
            await();
          }
        });
  }

  private void await() {
    try {
      answers.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void refuse(String operation, int errno) {
    controller
        .cluster
        .operations()
        .before(o -> {
          if (o.startsWith(operation)) {
            throw new CephException(errno, o);
          }
        });
  }

  private String create(String name) {
    return controller.create(name).getVolume().getVolumeId();
  }

  private String createWithDataPool(String name) {
    return controller
        .createVolume
        .answer(Controller.request(name).putParameters("dataPool", "data").build())
        .getVolume()
        .getVolumeId();
  }

  private String image() {
    try (MemoryPool pool = controller.pool()) {
      return pool.images().keySet().iterator().next();
    }
  }

  private void trash() {
    try (MemoryPool pool = controller.pool()) {
      pool.trashMove(image(), Duration.ZERO);
    }
  }

  private void trashNewest(String id) {
    try (MemoryPool pool = controller.pool()) {
      pool.trashMove("csi-vol-" + id.substring(id.length() - 36), Duration.ZERO);
    }
  }

  private VolumeHealth get(String id) {
    return controller
        .getVolumeHealth
        .answer(
            ControllerGetVolumeHealthRequest.newBuilder()
                .setVolumeId(id)
                .putAllSecrets(Controller.SECRETS)
                .build())
        .getVolumeHealth();
  }

  private List<VolumeHealthEntry> problems(String id) {
    return get(id).getHealthStatusesList();
  }

  private VolumeHealthEntry problem(String id) {
    List<VolumeHealthEntry> problems = problems(id);
    assertThat(problems).hasSize(1);
    return problems.getFirst();
  }

  private ControllerListVolumeHealthResponse list(int most, String token) {
    return controller.listVolumeHealth.answer(
        ControllerListVolumeHealthRequest.newBuilder()
            .setMaxEntries(most)
            .setStartingToken(token)
            .build());
  }

  private List<String> listed(int most, String token) {
    return list(most, token).getEntriesList().stream().map(VolumeHealth::getVolumeId).toList();
  }
}
