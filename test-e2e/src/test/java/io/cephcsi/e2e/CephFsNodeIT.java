package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.Volume;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import csi.v1.VolumeUsage;
import io.cephcsi.ceph.Processes;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The node of the CephFS driver on this machine, with a real ceph-fuse. The numbers are those of
 * the acceptance scenarios that a test covers.
 */
@Tag("cephfs")
class CephFsNodeIT {
  @TempDir static Path folder;
  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static int metricsPort;
  private static int volumes;

  private VolumeLife life;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed by stop
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    metricsPort = PrometheusServer.freePort();
    driver =
        DriverProcess.startCephFs(
            ceph,
            "--nodeserver",
            "--driver-metrics-port=" + metricsPort,
            "--mount-records=" + Files.createDirectory(folder.resolve("records")));
  }

  @AfterAll
  static void stop() {
    driver.close();
    ceph.close();
  }

  @BeforeEach
  void make() throws Exception {
    life = VolumeLife.onCephFs(ceph, "pvc-fuse-" + volumes++, folder);
    life.takeOver(
        new AdminSubvolume(ceph).make(life.folder().getFileName() + "", life.parameters()));
    run("NodeStageVolume");
    run("NodePublishVolume");
  }

  @AfterEach
  void takeAway() throws Exception {
    Processes.resume(mds());
    run("NodeUnpublishVolume");
    run("NodeUnstageVolume");
    assertThat(daemons()).isEmpty();
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .doesNotContain(life.folder().toString());
  }

  private void run(String step) throws IOException {
    var _ = life.run(step, driver.client());
  }

  /** C13, C16, C19. */
  @Test
  void data_isThereForTheNextPod() throws Exception {
    run("write 32 MiB");
    run("NodeUnpublishVolume");
    run("NodeUnstageVolume");

    run("NodeStageVolume");
    run("NodePublishVolume");

    run("read back");
  }

  /** C17: kubelet gives the root to the pod's group, and its user can write. */
  @Test
  void podThatIsNotRoot_canWrite() throws Exception {
    must("chmod", "a+x", folder.toString());
    must("chgrp", "2000", life.target().toString());
    must("chmod", "g+rwxs", life.target().toString());
    String file = life.target().resolve("theirs").toString();

    must("setpriv", "--reuid=1000", "--regid=2000", "--clear-groups", "touch", file);

    assertThat(Files.getAttribute(Path.of(file), "unix:uid")).isEqualTo(1000);
    assertThat(Files.getAttribute(Path.of(file), "unix:gid")).isEqualTo(2000);
  }

  @Test
  void stats_tellQuotaAndEntries() throws Exception {
    Files.createDirectory(life.target().resolve("d"));
    Files.writeString(life.target().resolve("d/f"), "x");
    eventually(() -> usage().get(1).getUsed() == 3); // with the root itself

    VolumeUsage bytes = usage().getFirst();

    assertThat(bytes.getTotal()).isEqualTo(1L << 30);
    assertThat(bytes.getAvailable()).isPositive();
  }

  /** However many pods have them; also when nobody answers for what is in them. */
  @Test
  void metrics_countTheVolumesThatAreStaged() throws Exception {
    life.publish(driver.client(), folder.resolve("other-pod"), false);
    Processes.stop(mds());

    assertThat(metrics())
        .contains("cephcsi_volumes_staged{driver_name=\"cephfs.csi.ceph.com\"} 1.0");

    Processes.resume(mds());
    life.unpublish(driver.client(), folder.resolve("other-pod"));
    run("NodeUnpublishVolume");
    run("NodeUnstageVolume");
    assertThat(metrics())
        .contains("cephcsi_volumes_staged{driver_name=\"cephfs.csi.ceph.com\"} 0.0");
  }

  private static String metrics() throws IOException, InterruptedException {
    var page = URI.create("http://127.0.0.1:%d/metrics".formatted(metricsPort));
    try (var client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString()).body();
    }
  }

  private List<VolumeUsage> usage() throws IOException {
    return driver
        .client()
        .node()
        .nodeGetVolumeStats(
            NodeGetVolumeStatsRequest.newBuilder()
                .setVolumeId(life.volume().getVolumeId())
                .setVolumePath(life.target().toString())
                .build())
        .getUsageList();
  }

  /** An administrator names the directory, as ceph-csi takes it, now and in its first version. */
  @ParameterizedTest
  @ValueSource(strings = {"named cluster", "monitors"})
  void staticVolume_ofEitherStyle_hasTheDirectory(String style) throws Exception {
    run("write 32 MiB");
    String path = life.volume().getVolumeContextOrThrow("subvolumePath");
    Map<String, String> context =
        style.equals("monitors")
            ? Map.of("monitors", ceph.monitors(), "provisionVolume", "false", "rootPath", path)
            : Map.of(
                "staticVolume",
                "true",
                "clusterID",
                DriverProcess.CLUSTER_ID,
                "fsName",
                ceph.entry("fs"),
                "rootPath",
                path);
    var ofAdmin = VolumeLife.onCephFs(ceph, "static-" + style.length(), folder);
    ofAdmin.takeOver(
        Volume.newBuilder().setVolumeId("data-of-team-a").putAllVolumeContext(context).build());

    var _ = ofAdmin.run("NodeStageVolume", driver.client());
    var _ = ofAdmin.run("NodePublishVolume", driver.client());

    assertThat(ofAdmin.target().resolve("data"))
        .hasSameBinaryContentAs(life.target().resolve("data"));
    assertThat(ofAdmin.healthOnNode(driver.client())).isEmpty();
    var _ = ofAdmin.run("NodeUnpublishVolume", driver.client());
    var _ = ofAdmin.run("NodeUnstageVolume", driver.client());
    run("read back");
  }

  /** C24. */
  @Test
  void readOnlyPod_cannotWrite() throws Exception {
    Path second = folder.resolve("read-only");
    life.publish(driver.client(), second, true);

    assertThatThrownBy(() -> Files.writeString(second.resolve("x"), "x"))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("Read-only");

    must("umount", second.toString());
  }

  @Test
  void key_isInNoCommandLineAndNoFile() throws Exception {
    String key = ceph.credentials().key();

    assertThat(daemons()).hasSize(1);
    assertThat(ProcessHandle.allProcesses())
        .noneMatch(p -> p.info().commandLine().orElse("").contains(key));
    try (var files = Files.list(folder.resolve("records"))) {
      List<Path> records = files.toList();
      assertThat(records).hasSize(1);
      assertThat(records.getFirst()).content().contains("\"Secrets\":{}").doesNotContain(key);
    }
  }

  @Test
  void driverKilled_mountLivesOnAndIsTakenOver() throws Exception {
    List<Long> before = daemons();
    run("write 32 MiB");

    driver.kill();
    run("read back");
    driver.restart();

    assertThat(daemons()).isEqualTo(before);
    run("NodeStageVolume");
    run("NodePublishVolume");
    run("read back");
    assertThat(daemons()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "KILL"})
  void driversProcessGroupIsSignalled_mountLivesOn(String signal) throws Exception {
    List<Long> before = daemons();
    run("write 32 MiB");

    must("kill", "-" + signal, "--", "-" + driver.pid());
    eventually(() -> ProcessHandle.of(driver.pid()).filter(ProcessHandle::isAlive).isEmpty());
    run("read back");
    driver.restart();

    assertThat(daemons()).isEqualTo(before);
    run("NodeStageVolume");
    run("read back");
  }

  /** C15. */
  @Test
  void cephFuseKilled_isToldAndTheNextPodHasTheVolume() throws Exception {
    run("write 32 MiB");
    killDaemon();
    assertThatThrownBy(() -> run("read back")).isInstanceOf(FileSystemException.class);
    assertThat(problems()).extracting(VolumeHealthEntry::getReason).containsExactly("ClientGone");

    run("NodeUnpublishVolume");
    run("NodePublishVolume");

    run("read back");
    assertThat(problems()).isEmpty();
  }

  /** C15, when the old pod is still there: its target is a dead mount. */
  @Test
  void cephFuseKilled_stagedAgain_mendsBoth() throws Exception {
    run("write 32 MiB");
    killDaemon();

    run("NodeStageVolume");
    run("NodePublishVolume");

    run("read back");
  }

  private void killDaemon() throws Exception {
    for (long pid : daemons()) {
      var process = ProcessHandle.of(pid).orElseThrow();
      process.destroyForcibly();
      process.onExit().get(10, TimeUnit.SECONDS);
    }
  }

  /** C20. */
  @Test
  void unmountedBehindTheBack_isTakenAwayCleanly() throws Exception {
    must("umount", life.target().toString());
    must("umount", life.staging().toString());
  }

  @Test
  void metadataServerStopped_isToldInTwoSecondsAndMendsItself() throws Exception {
    assertThat(problems()).isEmpty();
    Processes.stop(mds());

    for (int i = 0; i < 3; i++) {
      long started = System.nanoTime();
      List<VolumeHealthEntry> problems = problems();
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(2));
      assertThat(problems).hasSize(1);
      assertThat(problems.getFirst().getReason()).isEqualTo("NotAnswering");
      assertThat(problems.getFirst().getMessage()).contains("is not answering since");
    }
    long started = System.nanoTime();
    assertThatThrownBy(this::usage).isInstanceOf(StatusRuntimeException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(3));

    Processes.resume(mds());
    eventually(() -> problems().isEmpty());
  }

  private List<VolumeHealthEntry> problems() {
    return life.healthOnNode(driver.client());
  }

  private List<Long> daemons() {
    List<Long> pids = new ArrayList<>();
    ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(life.staging().toString()))
        .forEach(p -> pids.add(p.pid()));
    return pids;
  }

  private static long mds() {
    return Long.parseLong(ceph.entry("mds_pid"));
  }

  private static void must(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private static void eventually(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
      Thread.sleep(100);
    }
  }
}
