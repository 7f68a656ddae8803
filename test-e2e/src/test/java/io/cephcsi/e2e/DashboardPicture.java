package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A dashboard as an image: its panels, with what a Prometheus answered to their queries. */
final class DashboardPicture {
  private static final int WIDTH = 460;
  private static final int HEIGHT = 250;
  private static final int COLUMNS = 3;

  /** As many characters as a legend has room for. */
  private static final int LEGEND = 60;

  private static final Pattern LABEL = Pattern.compile("\\{\\{(\\w+)}}");

  private final PrometheusServer prometheus;
  private final Instant from;

  /**
   * @param from where the image begins; it ends now
   */
  DashboardPicture(PrometheusServer prometheus, Instant from) {
    this.prometheus = prometheus;
    this.from = from;
  }

  /**
   * Writes it as PNG.
   *
   * @return how many series are to be seen
   */
  int write(List<Dashboard.Panel> panels, Path file) throws IOException, InterruptedException {
    List<XYChart> charts = new ArrayList<>();
    for (Dashboard.Panel panel : panels) {
      charts.add(chart(panel));
    }
    while (charts.size() % COLUMNS != 0) {
      charts.add(empty("", ""));
    }
    BitmapEncoder.saveBitmap(
        charts, charts.size() / COLUMNS, COLUMNS, file.toString(), BitmapFormat.PNG);
    return charts.stream().mapToInt(chart -> chart.getSeriesMap().size()).sum();
  }

  private XYChart chart(Dashboard.Panel panel) throws IOException, InterruptedException {
    XYChart chart = empty(panel.title(), panel.unit());
    for (Dashboard.Query query : panel.queries()) {
      for (JsonNode series : prometheus.history(query.expression(), from)) {
        add(chart, legend(query.legend(), series.path("metric")), series.path("values"));
      }
    }
    return chart;
  }

  private static String legend(String format, JsonNode labels) {
    return LABEL
        .matcher(format)
        .replaceAll(label -> labels.path(label.group(1)).asText())
        .replaceAll("^.*-vol-([0-9a-f]{8})-[0-9a-f-]{27}", "$1…")
        .strip();
  }

  /** Some series only: the legend has no room for more. */
  private void add(XYChart chart, String name, JsonNode values) {
    int taken = chart.getSeriesMap().keySet().stream().mapToInt(shown -> shown.length() + 8).sum();
    if (taken + name.length() > LEGEND || chart.getSeriesMap().containsKey(name)) {
      return;
    }
    List<Double> seconds = new ArrayList<>();
    List<Double> known = new ArrayList<>();
    for (JsonNode value : values) {
      double number = value.path(1).asDouble(Double.NaN);
      if (Double.isFinite(number)) {
        seconds.add(value.path(0).asDouble() - from.getEpochSecond());
        known.add(number);
      }
    }
    if (!known.isEmpty()) {
      chart.addSeries(name, seconds, known).setMarker(SeriesMarkers.NONE);
    }
  }

  private static XYChart empty(String title, String unit) {
    XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).build();
    chart
        .getStyler()
        .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13))
        .setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 10))
        .setLegendPosition(LegendPosition.OutsideS)
        .setLegendLayout(LegendLayout.Horizontal)
        .setLegendBorderColor(Color.WHITE)
        .setLegendPadding(2)
        .setChartBackgroundColor(Color.WHITE)
        .setChartTitleBoxVisible(false);
    chart.getStyler().setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 10));
    chart.getStyler().setPlotBorderVisible(false);
    chart.getStyler().setXAxisTickMarkSpacingHint(60).setYAxisMin(0.0);
    chart.setCustomXAxisTickLabelsFormatter("%.0f s"::formatted);
    chart.setCustomYAxisTickLabelsFormatter(value -> text(value, unit));
    return chart;
  }

  /** A value as Grafana shows its unit. */
  private static String text(double value, String unit) {
    return switch (unit) {
      case "s" -> value < 1 ? "%.0f ms".formatted(value * 1e3) : "%.1f s".formatted(value);
      case "bytes" -> bytes(value);
      case "Bps" -> bytes(value) + "/s";
      case "ops" -> "%.2f/s".formatted(value);
      case "percentunit" -> "%.0f %%".formatted(value * 100);
      default -> String.format(Locale.ROOT, value == Math.rint(value) ? "%.0f" : "%.1f", value);
    };
  }

  private static String bytes(double value) {
    return value < 1 << 20
        ? "%.0f KiB".formatted(value / 1024)
        : "%.0f MiB".formatted(value / (1 << 20));
  }
}
