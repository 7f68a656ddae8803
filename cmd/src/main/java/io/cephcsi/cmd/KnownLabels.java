package io.cephcsi.cmd;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * This node's labels in Kubernetes, as they were some minutes ago at most; when it does not tell,
 * as they were last, and none before. For calls that are many where labels change rarely; of those
 * that come at once one asks, and the others wait for it.
 */
final class KnownLabels implements Supplier<Map<String, String>> {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** As long a label that was changed may not count yet. */
  static final Duration KEPT = Duration.ofMinutes(5);

  /** So that an API that hangs is not waited for by every call. */
  static final Duration PAUSE = Duration.ofSeconds(30);

  private final KubernetesNode node;
  private final LongSupplier clock;
  private Map<String, String> labels = Map.of();
  private boolean asked;
  private long nextNanos;

  /**
   * @param clock in nanoseconds, normally {@link System#nanoTime}
   */
  KnownLabels(KubernetesNode node, LongSupplier clock) {
    this.node = node;
    this.clock = clock;
  }

  /** Asks when it is time to; may then take some seconds. */
  @Override
  public synchronized Map<String, String> get() {
    if (!asked || clock.getAsLong() - nextNanos >= 0) {
      Duration pause = ask() ? KEPT : PAUSE;
      nextNanos = clock.getAsLong() + pause.toNanos();
      asked = true;
    }
    return labels;
  }

  private boolean ask() {
    try {
      labels = node.labels();
      return true;
    } catch (IOException e) {
      // Reading from anywhere is better than not at all.
      LOG.log(
          System.Logger.Level.WARNING,
          "read affinity goes by the labels known before, {0}: {1}",
          labels,
          e.getMessage());
      return false;
    }
  }
}
