package io.cephcsi.cmd;

import io.cephcsi.metrics.MetricsAddress;
import java.nio.file.Path;
import java.util.Optional;

/** Where the flags and the environment say that metrics are shown. */
final class MetricsPage {
  private MetricsPage() {}

  static MetricsAddress address(Flags flags, int port) {
    String host = System.getenv("POD_IP");
    return new MetricsAddress(
        host == null || host.isEmpty() ? "0.0.0.0" : host,
        port,
        flags.metricsPath,
        flags.metricsTlsCertificate.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new MetricsAddress.TlsFiles(
                    Path.of(flags.metricsTlsCertificate), Path.of(flags.metricsTlsKey))));
  }
}
