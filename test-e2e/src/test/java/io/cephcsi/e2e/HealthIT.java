package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.ControllerGetVolumeHealthRequest;
import csi.v1.ControllerListVolumeHealthRequest;
import csi.v1.NodeGetStorageHealthRequest;
import csi.v1.NodeGetStorageHealthResponse.StorageBackendHealth;
import csi.v1.VolumeHealth;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import csi.v1.VolumeHealthErrorType;
import io.cephcsi.ceph.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the driver tells of volumes while a real Ceph has each of the troubles that it can have. */
final class HealthIT {
  /** Far less than librados waits for an OSD, which is a minute. */
  private static final long DEADLINE_SECONDS = 15;

  @TempDir static Path folder;

  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static int volumes;

  private VolumeLife life;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed by stop
  static void start() throws Exception {
    ceph = ThrowawayCeph.start("--no-cephfs");
    driver =
        DriverProcess.start(
            ceph,
            "--controllerserver",
            "--nodeserver",
            "--default-mounter=userspace",
            "--keyring=" + ceph.entry("keyring"),
            "--state-dir=" + folder.resolve("state"));
  }

  @AfterAll
  static void stop() {
    driver.close();
    ceph.close();
  }

  @AfterEach
  void mend() throws Exception {
    Processes.resume(osd());
    ceph("osd", "pool", "set-quota", ceph.pool(), "max_bytes", "0");
    ratios("0.85", "0.90", "0.95");
    eventually(() -> storageReasons().isEmpty());
  }

  @Test
  void healthyVolume_hasNoProblem() throws Exception {

    assertThat(problems()).isEmpty();
    assertThat(listed()).doesNotContain(life.volume().getVolumeId());
  }

  @Test
  void imageInTrashAndThenGone_isTold() throws Exception {
    String image = image();

    rbd("trash", "move", ceph.pool() + "/" + image);
    assertThat(problem().getReason()).isEqualTo("ImageInTrash");
    assertThat(listed()).contains(life.volume().getVolumeId());
    String remedy = problem().getMessage();
    rbd(remedy.substring(remedy.indexOf("trash restore")).split(" ", -1));
    assertThat(problems()).isEmpty();

    rbd("remove", "--no-progress", ceph.pool() + "/" + image);
    assertThat(problem().getReason()).isEqualTo("ImageMissing");
    assertThat(problem().getStatus()).isEqualTo(VolumeHealthErrorType.DATA_LOSS);
    assertThat(listed()).contains(life.volume().getVolumeId());
  }

  @Test
  void poolAtItsQuota_isTold() throws Exception {
    ceph("osd", "pool", "set-quota", ceph.pool(), "max_bytes", "10");

    eventually(() -> reasons().equals(List.of("PoolQuotaReached")));

    assertThat(listed()).contains(life.volume().getVolumeId());
    assertThat(storageReasons()).contains("PoolFull");
  }

  @Test
  void clusterFull_isTold() throws Exception {
    ratios("0.00000001", "0.00000002", "0.00000003");

    eventually(() -> reasons().equals(List.of("PoolFull")));

    assertThat(storageReasons()).contains("OsdFull");
  }

  @Test
  void osdStopped_isToldInTimeAndMendsItself() throws Exception {
    assertThat(problems()).isEmpty();
    Processes.stop(osd());

    VolumeHealthEntry first = problem();
    assertThat(first.getReason()).isEqualTo("NotAnswering");
    assertThat(first.getMessage()).contains("is not answering since");
    ceph("osd", "down", "0");
    eventually(() -> problem().getMessage().contains("OSD_DOWN"));
    assertThat(storageReasons()).contains("OsdDown");

    Processes.resume(osd());
    eventually(() -> problems().isEmpty());
  }

  @Test
  void mountedVolume_osdStopped_isToldByItsNode() throws Exception {
    var _ = life.run("NodeStageVolume", driver.client());
    assertThat(onNode()).isEmpty();
    Processes.stop(osd());

    assertThat(onNode()).extracting(VolumeHealthEntry::getReason).containsExactly("NotAnswering");

    Processes.resume(osd());
    eventually(() -> onNode().isEmpty());
    var _ = life.run("NodeUnstageVolume", driver.client());
  }

  @Test
  void mountedVolume_storageDaemonKilled_isToldByItsNode() throws Exception {
    var _ = life.run("NodeStageVolume", driver.client());
    for (ProcessHandle daemon : daemons()) {
      daemon.destroyForcibly();
      daemon.onExit().get(10, TimeUnit.SECONDS);
    }

    assertThat(onNode())
        .isNotEmpty()
        .allMatch(p -> p.getStatus() == VolumeHealthErrorType.INACCESSIBLE);

    var _ = life.run("NodeUnstageVolume", driver.client());
  }

  private static List<ProcessHandle> daemons() {
    return ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(folder.resolve("state") + "/"))
        .toList();
  }

  @BeforeEach
  void create() throws Exception {
    life = new VolumeLife("pvc-health-" + volumes++, ceph.pool(), ceph.credentials(), folder);
    var _ = life.run("CreateVolume", driver.client());
  }

  private String image() {
    String id = life.volume().getVolumeId();
    return "csi-vol-" + id.substring(id.length() - 36);
  }

  private VolumeHealth health() throws IOException {
    return driver
        .client()
        .controller()
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .controllerGetVolumeHealth(
            ControllerGetVolumeHealthRequest.newBuilder()
                .setVolumeId(life.volume().getVolumeId())
                .putAllSecrets(secrets())
                .build())
        .getVolumeHealth();
  }

  private List<VolumeHealthEntry> onNode() {
    return life.healthOnNode(driver.client());
  }

  private List<String> listed() throws IOException {
    return driver
        .client()
        .controller()
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .controllerListVolumeHealth(
            ControllerListVolumeHealthRequest.newBuilder().putAllSecrets(secrets()).build())
        .getEntriesList()
        .stream()
        .map(VolumeHealth::getVolumeId)
        .toList();
  }

  private static List<String> storageReasons() throws IOException {
    return driver
        .client()
        .node()
        .nodeGetStorageHealth(
            NodeGetStorageHealthRequest.newBuilder().putAllSecrets(secrets()).build())
        .getBackendHealthList()
        .stream()
        .map(StorageBackendHealth::getReason)
        .toList();
  }

  private List<VolumeHealthEntry> problems() throws IOException {
    return health().getHealthStatusesList();
  }

  private List<String> reasons() throws IOException {
    return problems().stream().map(VolumeHealthEntry::getReason).toList();
  }

  private VolumeHealthEntry problem() throws IOException {
    List<VolumeHealthEntry> problems = problems();
    assertThat(problems).hasSize(1);
    return problems.getFirst();
  }

  private static Map<String, String> secrets() throws IOException {
    return Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
  }

  private static void ratios(String nearfull, String backfillfull, String full) throws Exception {
    ceph("osd", "set-nearfull-ratio", nearfull);
    ceph("osd", "set-backfillfull-ratio", backfillfull);
    ceph("osd", "set-full-ratio", full);
  }

  private static long osd() {
    return Long.parseLong(ceph.entry("osd_pid"));
  }

  private static void ceph(String... arguments) throws Exception {
    run("ceph", arguments);
  }

  private static void rbd(String... arguments) throws Exception {
    run("rbd", arguments);
  }

  private static void run(String program, String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private static void eventually(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
      Thread.sleep(100);
    }
  }
}
