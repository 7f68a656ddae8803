package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cephcsi.ceph.Processes;
import io.cephcsi.metrics.Metric;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Driver and liveness as a real Prometheus sees them, also when driver or cluster hang. */
final class MetricsIT {
  private static final String CREATE = "method_name=\"/csi.v1.Controller/CreateVolume\"";

  @TempDir static Path folder;

  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static ProgramRun liveness;
  private static PrometheusServer prometheus;
  private static int driverPort;

  /** Something that is so at last. */
  private interface Condition {
    boolean holds() throws Exception;
  }

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed by stop
  static void start() throws Exception {
    ceph = ThrowawayCeph.start("--no-cephfs");
    driverPort = PrometheusServer.freePort();
    driver =
        DriverProcess.start(
            ceph,
            "--controllerserver",
            "--nodeserver",
            "--default-mounter=userspace",
            "--driver-metrics-port=" + driverPort,
            "--logslowopinterval=1s",
            "--state-dir=" + folder.resolve("state"));
    int port = PrometheusServer.freePort();
    liveness =
        ProgramRun.start(
            folder.resolve("liveness.log"),
            Map.of("POD_IP", "127.0.0.1"),
            ProgramRun.command(
                "--type=liveness",
                "--endpoint=unix://" + driver.socket(),
                "--metricsport=" + port,
                "--polltime=1s",
                "--timeout=500ms"));
    Map<String, String> targets = new LinkedHashMap<>();
    targets.put("liveness", "127.0.0.1:" + port);
    targets.put("driver", "127.0.0.1:" + driverPort);
    prometheus = PrometheusServer.start(targets);
  }

  @AfterAll
  static void stop() throws Exception {
    prometheus.close();
    liveness.close();
    driver.close();
    ceph.close();
  }

  @Test
  void driverHangsAndGoesOn_livenessFollowsAndIsScrapedAllTheTime() throws Exception {
    eventually(() -> prometheus.value("csi_liveness") == 1);

    Processes.stop(driver.pid());
    try {
      eventually(() -> prometheus.value("csi_liveness") == 0);
      assertThat(prometheus.value("min_over_time(up{job=\"liveness\"}[5s])")).isEqualTo(1);
      assertThat(liveness.said()).contains("no answer within 500 ms");
    } finally {
      Processes.resume(driver.pid());
    }

    eventually(() -> prometheus.value("csi_liveness") == 1);
    assertThat(prometheus.value("process_resident_memory_bytes{job=\"liveness\"}")).isPositive();
  }

  @Test
  void volumeFromCreateToDelete_everyMetricHasData() throws Exception {
    var life = life("pvc-metrics");
    try {
      for (String step :
          List.of("CreateVolume", "NodeStageVolume", "NodePublishVolume", "write 32 MiB")) {
        var _ = life.run(step, driver.client());
      }
      volumeIsTold(life);
      callsAndPhasesAreTold();
      eventually(() -> missing().isEmpty());
    } finally {
      for (String step : List.of("NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume")) {
        var _ = life.run(step, driver.client());
      }
    }
    eventually(() -> prometheus.value("cephcsi_volumes_staged") == 0);
    eventually(() -> prometheus.value("cephcsi_background_pending{work=\"purge\"}") == 0);
  }

  private static void volumeIsTold(VolumeLife life) throws Exception {
    String volume = "{volume_id=\"%s\"}".formatted(life.volume().getVolumeId());
    eventually(() -> prometheus.value("cephcsi_volumes_staged") == 1);
    eventually(() -> prometheus.value("cephcsi_volume_written_bytes_total" + volume) > 0);
    assertThat(prometheus.value("cephcsi_volume_capacity_bytes" + volume)).isEqualTo(1L << 30);
    assertThat(prometheus.value("cephcsi_volume_writes_total" + volume)).isPositive();
  }

  private static void callsAndPhasesAreTold() throws Exception {
    assertThat(
            prometheus.value(
                "csi_plugin_operations_seconds_count{grpc_status_code=\"OK\"," + CREATE + "}"))
        .isPositive();
    for (String phase : List.of("connect", "journal", "image", "map", "mkfs", "mount")) {
      assertThat(
              prometheus.value("sum(cephcsi_phase_seconds_count{phase=\"%s\"})".formatted(phase)))
          .as(phase)
          .isPositive();
    }
    eventually(() -> prometheus.value("cephcsi_cluster_monitors_reachable{cluster=\"demo\"}") > 0);
    assertThat(prometheus.value("cephcsi_cluster_monitors{cluster=\"demo\"}")).isPositive();
    assertThat(prometheus.value("sum(cephcsi_connections)")).isPositive();
  }

  /** Those that nothing was told of; what only goes wrong is not there while all goes well. */
  private static List<Metric> missing() throws Exception {
    List<Metric> missing = new ArrayList<>();
    for (Metric metric : Metric.values()) {
      boolean onlyInTrouble = Set.of(Metric.JOINED, Metric.REFUSED).contains(metric);
      String name = metric.text() + (metric.kind() == Metric.Kind.HISTOGRAM ? "_count" : "");
      if (!onlyInTrouble && prometheus.query(name).isEmpty()) {
        missing.add(metric);
      }
    }
    return missing;
  }

  @Test
  void clusterHangs_scrapesGoOnAndTellTheOldestCall() throws Exception {
    var life = life("pvc-hang");
    long osd = Long.parseLong(ceph.entry("osd_pid"));
    long monitor = Long.parseLong(ceph.entry("mon_pid"));
    Processes.stop(osd);
    Processes.stop(monitor);
    var hanging = Thread.ofPlatform().daemon().start(() -> runQuietly(life, "CreateVolume"));
    try {
      eventually(() -> prometheus.value("cephcsi_oldest_call_age_seconds") > 2);
      eventually(() -> prometheus.value("cephcsi_cluster_monitors_reachable") == 0);
      assertThat(prometheus.value("min_over_time(up{job=\"driver\"}[5s])")).isEqualTo(1);
      assertThat(prometheus.value("cephcsi_calls_in_flight")).isEqualTo(1);
      assertThat(Files.readString(driver.log())).contains("CreateVolume still runs, in phase");
    } finally {
      Processes.resume(monitor);
      Processes.resume(osd);
    }
    assertThat(hanging.join(Duration.ofMinutes(2))).isTrue();
    Orchestrator.run(life, driver, "CreateVolume", "DeleteVolume");
    eventually(() -> prometheus.value("cephcsi_cluster_monitors_reachable") > 0);
  }

  private static void runQuietly(VolumeLife life, String step) {
    try {
      var _ = life.run(step, driver.client());
    } catch (IOException | RuntimeException e) {
      // it may fail or not, now or later; it is repeated
    }
  }

  @Test
  void page_isWhatPromtoolAccepts() throws Exception {
    String page = scrape();
    Process promtool =
        new ProcessBuilder(
                PrometheusServer.program().resolveSibling("promtool").toString(),
                "check",
                "metrics")
            .redirectErrorStream(true)
            .start();
    try (var in = promtool.getOutputStream()) {
      in.write(page.getBytes(StandardCharsets.UTF_8));
    }
    String complaints =
        new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(
            complaints.lines().filter(line -> line.startsWith("cephcsi") || line.startsWith("csi")))
        .isEmpty();
  }

  @Test
  void liveness_portForRootOnly_isExit1WithTheRemedy() throws Exception {
    Path unprivileged = Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    assumeTrue(Integer.parseInt(Files.readString(unprivileged).strip()) > 81);
    List<String> command =
        new ArrayList<>(
            List.of("setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"));
    command.addAll(ProgramRun.command("--type=liveness", "--metricsport=81"));
    try (var refused = ProgramRun.start(folder.resolve("refused.log"), Map.of(), command)) {
      assertThat(refused.awaitEnd()).isEqualTo(1);
      assertThat(refused.said()).contains(":81").contains("NET_BIND_SERVICE");
    }
  }

  private static VolumeLife life(String name) throws IOException {
    return new VolumeLife(
        name, ceph.pool(), ceph.credentials(), Files.createDirectories(folder.resolve(name)));
  }

  private static String scrape() throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      var uri = URI.create("http://127.0.0.1:" + driverPort + "/metrics");
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private static void eventually(Condition condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(200);
    }
  }
}
