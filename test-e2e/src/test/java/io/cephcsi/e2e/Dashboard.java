package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.e2e.charts.Chart;
import io.cephcsi.e2e.charts.Helm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What a chart gives to Grafana and to Prometheus' operator, as helm renders it.
 *
 * @param panels of the dashboard, rows left out
 * @param alerts of the rule
 */
record Dashboard(List<Panel> panels, List<Alert> alerts) {
  /** The namespace it is rendered for. */
  static final String NAMESPACE = "storage";

  /** A panel, with its unit in Grafana's words. */
  record Panel(String title, String type, String unit, List<Query> queries) {}

  /** A query of a panel, ready for Prometheus, and how its series are called. */
  record Query(String expression, String legend) {}

  /** An alert, which fires where its expression has a value. */
  record Alert(String name, String expression, String runbook) {
    /** What the alert compares: the expression without the comparison at its end. */
    String compared() {
      return expression.replaceFirst(" (==|>) [0-9]+$", "");
    }
  }

  static Dashboard of(Chart chart) throws IOException {
    List<ObjectNode> objects =
        Helm.found()
            .template(
                chart,
                chart.chartName(),
                "--namespace=" + NAMESPACE,
                "--set=monitoring.dashboard.enabled=true,monitoring.prometheusRule.enabled=true");
    return new Dashboard(panels(objects, chart), alerts(objects));
  }

  private static List<Panel> panels(List<ObjectNode> objects, Chart chart) throws IOException {
    String text =
        object(objects, "ConfigMap", chart.chartName() + "-dashboard")
            .path("data")
            .path(chart.chartName() + ".json")
            .textValue();
    List<Panel> panels = new ArrayList<>();
    for (JsonNode panel : new JsonMapper().readTree(text).path("panels")) {
      if (!panel.path("type").textValue().equals("row")) {
        panels.add(
            new Panel(
                panel.path("title").textValue(),
                panel.path("type").textValue(),
                panel.at("/fieldConfig/defaults/unit").textValue(),
                stream(panel.path("targets")).map(Dashboard::query).toList()));
      }
    }
    return panels;
  }

  /** With what Grafana puts in for its variables: all pods, and four times the time of a scrape. */
  private static Query query(JsonNode target) {
    return new Query(
        target.path("expr").textValue().replace("$pod", ".*").replace("$__rate_interval", "10s"),
        target.path("legendFormat").textValue());
  }

  private static List<Alert> alerts(List<ObjectNode> objects) {
    JsonNode rule = object(objects, "PrometheusRule", "");
    return stream(rule.at("/spec/groups/0/rules"))
        .map(alert ->
            new Alert(
                alert.path("alert").textValue(),
                alert.path("expr").textValue(),
                alert.at("/annotations/runbook_url").textValue()))
        .toList();
  }

  private static JsonNode object(List<ObjectNode> objects, String kind, String name) {
    return objects.stream()
        .filter(object -> object.path("kind").textValue().equals(kind))
        .filter(object -> object.at("/metadata/name").textValue().contains(name))
        .findFirst()
        .orElseThrow();
  }

  private static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
