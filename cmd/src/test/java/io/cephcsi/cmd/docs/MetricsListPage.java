package io.cephcsi.cmd.docs;

import io.cephcsi.metrics.Metric;
import java.util.Locale;

/** {@code docs/reference/metrics.md}: all that Prometheus is told. */
final class MetricsListPage {
  private MetricsListPage() {}

  /** The page. */
  static String text() {
    var page = new StringBuilder();
    page.append(
        """
        # All metrics

        Made from the code by `./dev docs write`. Who tells them, where, and what to ask of them is in [metrics](../metrics.md). Besides
        these there are the usual ones of a process and of Java, `process_*` and `jvm_*`. All of the driver (all but `csi_liveness`) have
        the label `driver_name` too.

        | metric | type | labels | |
        |---|---|---|---|
        """);
    for (Metric metric : Metric.values()) {
      String labels =
          metric.labels().isEmpty() ? "" : "`" + String.join("`, `", metric.labels()) + "`";
      page.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(
                  metric.text(),
                  metric.kind().name().toLowerCase(Locale.ROOT),
                  labels,
                  metric.help()));
    }
    return page.toString();
  }
}
