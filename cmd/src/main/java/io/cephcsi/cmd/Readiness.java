package io.cephcsi.cmd;

import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether the driver can serve: it is not stopping, and config.json is there and whole. Why not, is
 * logged when it changes.
 */
final class Readiness {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  private final Calls calls;
  private final ClusterConfigs configs;
  private final AtomicReference<String> trouble = new AtomicReference<>("");

  Readiness(Calls calls, ClusterConfigs configs) {
    this.calls = calls;
    this.configs = configs;
  }

  /** Reads a small file, no more: Probe is answered on the event loop. */
  boolean ready() {
    String now = trouble();
    String before = trouble.getAndSet(now);
    if (!now.equals(before)) {
      LOG.log(System.Logger.Level.WARNING, now.isEmpty() ? "ready again" : "not ready: {0}", now);
    }
    return now.isEmpty();
  }

  private String trouble() {
    if (calls.draining()) {
      return "the driver is stopping";
    }
    try {
      var _ = configs.all();
      return "";
    } catch (CsiException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
