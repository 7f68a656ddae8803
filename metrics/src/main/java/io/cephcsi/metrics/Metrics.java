package io.cephcsi.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The metrics of a process: those that it shows, and where their values come from. */
public final class Metrics {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /**
   * In seconds. The sidecars' buckets, from {@code csi_sidecar_operations_seconds}, and below them
   * finer ones: most calls take milliseconds.
   */
  private static final double[] BUCKETS = {
    .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600
  };

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Labels everywhere;

  private Metrics(Labels everywhere) {
    this.everywhere = everywhere;
  }

  /** Of a process that is no driver. */
  public static Metrics plain() {
    return new Metrics(Labels.EMPTY);
  }

  /** Of a driver, whose name is the label {@code driver_name} of all that is its own. */
  public static Metrics ofDriver(String name) {
    return new Metrics(Labels.of("driver_name", name));
  }

  /** Shows memory, threads, collections, open files and CPU time, under their usual names. */
  public void showProcess() {
    ProcessMetrics.builder().register(registry);
    JvmMemoryMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    JvmThreadsMetrics.builder().register(registry);
  }

  /**
   * Shows a gauge or counter.
   *
   * @param values asked for at every scrape, so they must be at hand; of samples with the same
   *     labels the last counts
   */
  public void show(Metric metric, Supplier<List<Sample>> values) {
    String[] labels = labels(metric);
    switch (metric.kind()) {
      case GAUGE ->
          GaugeWithCallback.builder()
              .name(metric.text())
              .help(metric.help())
              .constLabels(everywhere)
              .labelNames(labels)
              .callback(
                  callback -> read(metric, values).forEach((l, v) -> callback.call(v, text(l))))
              .register(registry);
      case COUNTER ->
          CounterWithCallback.builder()
              .name(metric.text())
              .help(metric.help())
              .constLabels(everywhere)
              .labelNames(labels)
              .callback(
                  callback -> read(metric, values).forEach((l, v) -> callback.call(v, text(l))))
              .register(registry);
      case HISTOGRAM -> throw new IllegalArgumentException(metric + " is observed, not asked for");
    }
  }

  /** One metric that cannot be told must not hide the others. */
  private static Map<List<String>, Double> read(Metric metric, Supplier<List<Sample>> values) {
    Map<List<String>, Double> read = new LinkedHashMap<>();
    try {
      values.get().forEach(sample -> read.put(sample.labels(), sample.value()));
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "metric " + metric.text(), e);
    }
    return read;
  }

  Histogram histogram(Metric metric) {
    return Histogram.builder()
        .name(metric.text())
        .help(metric.help())
        .constLabels(everywhere)
        .labelNames(labels(metric))
        .classicOnly()
        .classicUpperBounds(BUCKETS)
        .register(registry);
  }

  Counter counter(Metric metric) {
    return Counter.builder()
        .name(metric.text())
        .help(metric.help())
        .constLabels(everywhere)
        .labelNames(labels(metric))
        .register(registry);
  }

  PrometheusRegistry registry() {
    return registry;
  }

  private static String[] labels(Metric metric) {
    return text(metric.labels());
  }

  private static String[] text(List<String> texts) {
    return texts.toArray(String[]::new);
  }
}
