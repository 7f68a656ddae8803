package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cephcsi.e2e.charts.Chart;
import io.cephcsi.e2e.charts.Helm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each alert of the charts fires, and no other, when its trouble has lasted as long as it says, and
 * not before; by what promtool makes of an hour of series.
 */
final class AlertsIT {
  private static final JsonMapper JSON = new JsonMapper();

  /** What is measured in each trouble, by alert: series, and their values from minute to minute. */
  private static final Map<String, Map<String, String>> TROUBLES = new LinkedHashMap<>();

  static {
    TROUBLES.put(
        "CephCsiDriverDown",
        Map.of("csi_liveness{namespace='storage',job='CHART-nodeplugin-http-metrics'}", "0+0x60"));
    TROUBLES.put(
        "CephCsiClusterUnreachable",
        Map.of("cephcsi_cluster_monitors_reachable{OURS,cluster='c'}", "0+0x60"));
    TROUBLES.put(
        "CephCsiMonitorMissing",
        Map.of(
            "cephcsi_cluster_monitors{OURS,cluster='c'}", "3+0x60",
            "cephcsi_cluster_monitors_reachable{OURS,cluster='c'}", "2+0x60"));
    TROUBLES.put(
        "CephCsiCallsFail",
        Map.of(
            "csi_plugin_operations_seconds_count{OURS,method_name='m',grpc_status_code='Internal'}",
            "0+1x60"));
    TROUBLES.put("CephCsiCallHangs", Map.of("cephcsi_oldest_call_age_seconds{OURS}", "601+60x60"));
    TROUBLES.put(
        "CephCsiCallsRefused",
        Map.of("cephcsi_calls_refused_total{OURS,method_name='m',reason='queue_full'}", "0+1x60"));
    TROUBLES.put(
        "CephCsiCallsWait", Map.of("cephcsi_lane_calls_waiting{OURS,cluster='c'}", "1+0x60"));
    TROUBLES.put(
        "CephCsiProvisioningSlow",
        Map.of(made("30"), "0+0x60", made("60"), "0+1x60", made("+Inf"), "0+1x60"));
    TROUBLES.put(
        "CephCsiBackgroundWorkPilesUp",
        Map.of("cephcsi_background_pending{OURS,work='purge'}", "51+0x60"));
    TROUBLES.put(
        "CephCsiVolumeHangs",
        Map.of(
            "cephcsi_volume_io_in_flight{OURS,volume_id='v',device='rbd0'}", "1+0x60",
            "cephcsi_volume_reads_total{OURS,volume_id='v',device='rbd0'}", "5+0x60",
            "cephcsi_volume_writes_total{OURS,volume_id='v',device='rbd0'}", "5+0x60"));
  }

  @TempDir Path folder;

  private static String made(String seconds) {
    return "csi_plugin_operations_seconds_bucket{OURS,method_name='/csi.v1.Controller/CreateVolume',grpc_status_code='OK',le='%s'}"
        .formatted(seconds);
  }

  static List<Arguments> alerts() {
    return Stream.of(Chart.values()).flatMap(AlertsIT::alerts).toList();
  }

  private static Stream<Arguments> alerts(Chart chart) {
    return StreamSupport.stream(rule(chart).at("/groups/0/rules").spliterator(), false)
        .map(alert ->
            Arguments.of(
                chart, alert.path("alert").textValue(), minutes(alert.path("for").textValue())));
  }

  /** {@code 15m}. */
  private static int minutes(String text) {
    return Integer.parseInt(text.replaceFirst("m$", ""));
  }

  private static JsonNode rule(Chart chart) {
    return Helm.found()
        .template(
            chart,
            chart.chartName(),
            "--namespace=storage",
            "--set=monitoring.prometheusRule.enabled=true")
        .stream()
        .filter(object -> object.path("kind").textValue().equals("PrometheusRule"))
        .map(object -> object.path("spec"))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("alerts")
  void alert_firesAloneWhenItsTroubleLasts(Chart chart, String alert, int minutes)
      throws Exception {
    assertThat(TROUBLES).containsKey(alert);
    List<Map<String, String>> series =
        TROUBLES.getOrDefault(alert, Map.of()).entrySet().stream()
            .map(one -> Map.of("series", labelled(one.getKey(), chart), "values", one.getValue()))
            .toList();
    String firing = "count by (alertname) (ALERTS{alertstate='firing'})";
    List<?> tests =
        List.of(
            Map.of("expr", firing, "eval_time", (minutes - 1) + "m", "exp_samples", List.of()),
            Map.of(
                "expr",
                firing,
                "eval_time",
                "55m",
                "exp_samples",
                List.of(Map.of("labels", "{alertname='%s'}".formatted(alert), "value", 1))));
    write("rules.yaml", rule(chart));
    write(
        "tests.yaml",
        Map.of(
            "rule_files",
            List.of("rules.yaml"),
            "evaluation_interval",
            "1m",
            "tests",
            List.of(Map.of("interval", "1m", "input_series", series, "promql_expr_test", tests))));
    assertThat(promtool("test", "rules", "tests.yaml")).contains("SUCCESS");
  }

  private static String labelled(String series, Chart chart) {
    return series
        .replace("CHART", chart.chartName())
        .replace(
            "OURS", "driver_name='%s.csi.ceph.com',pod='p',instance='i'".formatted(chart.driver()));
  }

  private void write(String name, Object content) throws IOException {
    JSON.writeValue(folder.resolve(name).toFile(), content);
  }

  private String promtool(String... words) throws Exception {
    String program = PrometheusServer.program().resolveSibling("promtool").toString();
    Process promtool =
        new ProcessBuilder(Stream.concat(Stream.of(program), Stream.of(words)).toList())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    promtool.getOutputStream().close();
    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(said).isZero();
    return said;
  }
}
