package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.e2e.charts.Chart;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every query of the dashboards, and every alert, is asked of a real Prometheus while both drivers
 * are at work.
 */
@Tag("dashboard")
final class DashboardIT {
  /** A key that no cluster has given out. */
  private static final String WRONG_KEY = "AQBAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAA==";

  @TempDir static Path folder;

  private static final Map<Chart, Dashboard> DASHBOARDS = new EnumMap<>(Chart.class);
  private static final List<AutoCloseable> RUNNING = new ArrayList<>();
  private static final List<Thread> TRAFFIC = new ArrayList<>();
  private static final AtomicBoolean ENOUGH = new AtomicBoolean();

  private static ThrowawayCeph ceph;
  private static PrometheusServer prometheus;

  /** Something that is so at last. */
  private interface Condition {
    boolean holds() throws Exception;
  }

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed by stop
  static void start() throws Exception {
    ceph = opened(ThrowawayCeph.start());
    List<PrometheusServer.Target> targets = new ArrayList<>();
    for (Chart chart : Chart.values()) {
      DASHBOARDS.put(chart, Dashboard.of(chart));
      DriverProcess driver = driver(chart, targets);
      TRAFFIC.add(Thread.ofPlatform().daemon().start(() -> work(chart, driver)));
    }
    prometheus = opened(PrometheusServer.start(targets));
  }

  private static Dashboard dashboard(Chart chart) {
    return Objects.requireNonNull(DASHBOARDS.get(chart));
  }

  private static <T extends AutoCloseable> T opened(T closeable) {
    RUNNING.add(closeable);
    return closeable;
  }

  /** A driver and its liveness, told as the Prometheus operator tells a pod of the chart. */
  @SuppressWarnings("MustBeClosedChecker") // closed by stop
  private static DriverProcess driver(Chart chart, List<PrometheusServer.Target> targets)
      throws Exception {
    Map<String, String> loopback = Map.of("POD_IP", "127.0.0.1");
    int port = PrometheusServer.freePort();
    List<String> flags =
        new ArrayList<>(
            List.of(
                "--controllerserver",
                "--nodeserver",
                "--driver-metrics-port=" + port,
                "--state-dir=" + folder.resolve("state-" + chart.driver())));
    if (chart == Chart.RBD) {
      flags.add("--default-mounter=userspace");
    }
    String[] all = flags.toArray(String[]::new);
    DriverProcess driver =
        opened(
            chart == Chart.RBD
                ? DriverProcess.start(ceph, loopback, all)
                : DriverProcess.startCephFs(ceph, loopback, all));
    int livenessPort = PrometheusServer.freePort();
    var _ =
        opened(
            ProgramRun.start(
                folder.resolve("liveness-%s.log".formatted(chart.driver())),
                loopback,
                ProgramRun.command(
                    "--type=liveness",
                    "--endpoint=unix://" + driver.socket(),
                    "--metricsport=" + livenessPort,
                    "--polltime=1s")));
    String pod = chart.chartName() + "-nodeplugin";
    Map<String, String> labels = Map.of("namespace", Dashboard.NAMESPACE, "pod", pod + "-x7k2p");
    targets.add(
        new PrometheusServer.Target(
            Dashboard.NAMESPACE + "/" + chart.chartName(), "127.0.0.1:" + port, labels));
    targets.add(
        new PrometheusServer.Target(pod + "-http-metrics", "127.0.0.1:" + livenessPort, labels));
    return driver;
  }

  /**
   * What a cluster asks of a driver: a volume that stays, others that come and go, some failures.
   */
  private static void work(Chart chart, DriverProcess driver) {
    try {
      VolumeLife steady = life(chart, "pvc-steady", ceph.credentials());
      run(steady, driver, "CreateVolume", "NodeStageVolume", "NodePublishVolume");
      for (int i = 0; !ENOUGH.get(); i++) {
        VolumeLife passing = life(chart, "pvc-" + i, ceph.credentials());
        run(passing, driver, "CreateVolume", "NodeStageVolume", "NodePublishVolume");
        run(steady, driver, "write 32 MiB");
        readFromDevice(steady);
        fail(chart, driver);
        run(passing, driver, "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
      }
      run(steady, driver, "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(chart.driver(), e);
    }
  }

  private static void run(VolumeLife life, DriverProcess driver, String... steps)
      throws IOException {
    for (String step : steps) {
      var _ = life.run(step, driver.client());
    }
  }

  /** Past the page cache, which has what was just written. */
  private static void readFromDevice(VolumeLife life) throws IOException, InterruptedException {
    String file = life.target().resolve("data").toString();
    int exit =
        new ProcessBuilder("dd", "if=" + file, "of=/dev/null", "bs=64K", "iflag=direct")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    if (exit != 0) {
      throw new IOException("dd of %s: exit %d".formatted(file, exit));
    }
  }

  private static void fail(Chart chart, DriverProcess driver) throws IOException {
    var intruder = new Credentials(ceph.credentials().user(), WRONG_KEY);
    try {
      run(life(chart, "pvc-refused", intruder), driver, "CreateVolume");
      throw new IllegalStateException("a wrong key was taken");
    } catch (StatusRuntimeException e) {
      // as it should be; which code it has is what the metrics tell
    }
  }

  private static VolumeLife life(Chart chart, String name, Credentials credentials)
      throws IOException {
    Path home = Files.createDirectories(folder.resolve(chart.driver()));
    return chart == Chart.RBD
        ? new VolumeLife(name, ceph.pool(), credentials, home)
        : VolumeLife.onCephFs(ceph, credentials, name, home);
  }

  @AfterAll
  static void stop() throws Exception {
    ENOUGH.set(true);
    for (Thread thread : TRAFFIC) {
      var _ = thread.join(Duration.ofMinutes(1));
    }
    for (AutoCloseable running : RUNNING.reversed()) {
      running.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void dashboard_everyQuery_hasData(Chart chart) throws Exception {
    Dashboard dashboard = dashboard(chart);
    Set<String> missing = new TreeSet<>(List.of("not asked yet"));

    eventually(
        () -> {
          missing.clear();
          for (Dashboard.Panel panel : dashboard.panels()) {
            for (Dashboard.Query query : panel.queries()) {
              if (!hasNumber(query.expression())) {
                missing.add(panel.title() + ": " + query.expression());
              }
            }
          }
          return missing.isEmpty();
        },
        missing);
    assertThat(dashboard.panels()).hasSizeGreaterThan(10);
    for (Dashboard.Panel panel : dashboard.panels()) {
      for (Dashboard.Query query : panel.queries()) {
        System.out.printf(
            "dashboard %s: %s: %s = %s%n",
            chart, panel.title(), query.expression(), firstNumber(query.expression()));
      }
    }
  }

  private static boolean hasNumber(String expression) throws Exception {
    return firstNumber(expression).isPresent();
  }

  /** Empty also where all that is there is no number, as a rate of nothing. */
  private static OptionalDouble firstNumber(String expression) throws Exception {
    for (var series : prometheus.query(expression)) {
      double value = series.path("value").path(1).asDouble(Double.NaN);
      if (Double.isFinite(value)) {
        return OptionalDouble.of(value);
      }
    }
    return OptionalDouble.empty();
  }

  @ParameterizedTest
  @EnumSource
  void alerts_everyExpression_isValidAndComparesWhatIsThere(Chart chart) throws Exception {
    // Nothing fills the queue here.
    Set<String> onlyInTrouble = Set.of("CephCsiCallsRefused");
    Set<String> missing = new TreeSet<>(List.of("not asked yet"));

    eventually(
        () -> {
          missing.clear();
          for (Dashboard.Alert alert : dashboard(chart).alerts()) {
            assertThat(alert.compared()).isNotEqualTo(alert.expression());
            var _ = prometheus.query(alert.expression());
            if (!onlyInTrouble.contains(alert.name()) && !hasNumber(alert.compared())) {
              missing.add(alert.name() + ": " + alert.compared());
            }
          }
          return missing.isEmpty();
        },
        missing);
  }

  @ParameterizedTest
  @EnumSource
  void alerts_keyIsWrong_firesThatCallsFailAndNothingElse(Chart chart) throws Exception {
    Set<String> firing = new TreeSet<>();
    eventually(
        () -> {
          firing.clear();
          for (Dashboard.Alert alert : dashboard(chart).alerts()) {
            if (!prometheus.query(alert.expression()).isEmpty()) {
              firing.add(alert.name());
            }
          }
          return firing.equals(Set.of("CephCsiCallsFail"));
        },
        firing);
  }

  @Test
  void pages_everyQuery_isValidAndComparesWhatIsThere() throws Exception {
    for (DocumentedCommand query : DocumentedCommand.of(DashboardIT.class)) {
      var _ = prometheus.query(query.text());
      String compared = query.text().replaceFirst(" (==|>) [0-9]+$", "");
      eventually(() -> hasNumber(compared), Set.of(query.toString()));
    }
  }

  @Test
  void alerts_runbooks_haveASectionEach() throws Exception {
    for (Dashboard dashboard : DASHBOARDS.values()) {
      for (Dashboard.Alert alert : dashboard.alerts()) {
        URI runbook = URI.create(alert.runbook());
        Path file =
            Checkout.root().resolve("docs").resolve(Path.of(runbook.getPath()).getFileName());
        assertThat(Files.readAllLines(file))
            .as(alert.name())
            .anyMatch(line -> line.equals("## " + alert.name()));
        assertThat(runbook.getFragment()).isEqualToIgnoringCase(alert.name());
      }
    }
  }

  @Test
  void picture_showsWhatPrometheusAnswered() throws Exception {
    Path file = Checkout.root().resolve("test-e2e/target/dashboard.png");
    List<Dashboard.Panel> graphs =
        dashboard(Chart.RBD).panels().stream()
            .filter(panel -> panel.type().equals("timeseries"))
            .toList();
    Instant from = Instant.now();
    Thread.sleep(Duration.ofSeconds(45)); // what there is to see

    int series = new DashboardPicture(prometheus, from).write(graphs, file);

    assertThat(series).isGreaterThan(graphs.size());
    assertThat(file).isNotEmptyFile();
  }

  private static void eventually(Condition condition, Set<String> otherwise) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("in time: %s", otherwise).isLessThan(end);
      Thread.sleep(500);
    }
  }
}
