package io.cephcsi.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The table in docs/metrics.md is the enum, row by row. */
class MetricTableTest {
  private static final Path DOCUMENT = Path.of("../docs/metrics.md");

  @Test
  void document_hasARowForEachMetricAndNoOther() throws Exception {
    List<String> rows =
        Files.readAllLines(DOCUMENT).stream()
            .filter(line -> line.startsWith("| `csi_") || line.startsWith("| `cephcsi_"))
            .toList();

    assertThat(rows)
        .containsExactlyElementsOf(
            Arrays.stream(Metric.values()).map(MetricTableTest::row).toList());
  }

  private static String row(Metric metric) {
    String labels =
        metric.labels().isEmpty() ? "" : "`" + String.join("`, `", metric.labels()) + "`";
    return "| `%s` | %s | %s | %s |"
        .formatted(
            metric.text(), metric.kind().name().toLowerCase(Locale.ROOT), labels, metric.help());
  }
}
