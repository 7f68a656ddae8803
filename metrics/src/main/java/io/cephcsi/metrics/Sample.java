package io.cephcsi.metrics;

import java.util.List;

/**
 * One value of a metric.
 *
 * @param labels their values, in the order of {@link Metric#labels}
 */
public record Sample(List<String> labels, double value) {
  public Sample {
    labels = List.copyOf(labels);
  }

  /** The one value of a metric without labels. */
  public static List<Sample> only(double value) {
    return List.of(new Sample(List.of(), value));
  }
}
