package io.cephcsi.cmd;

import io.cephcsi.csi.Endpoint;
import io.cephcsi.liveness.DriverProbe;
import io.cephcsi.liveness.Liveness;
import io.cephcsi.metrics.Metrics;
import io.cephcsi.metrics.MetricsAddress;
import io.cephcsi.metrics.MetricsEndpoint;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/** The liveness sidecar, put together from the flags. */
final class LivenessDriver {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  private LivenessDriver() {}

  /** Asks and serves until SIGTERM or SIGINT; gives back the exit code. */
  static int run(Flags flags) throws IOException, InterruptedException {
    var metrics = Metrics.plain();
    metrics.showProcess();
    MetricsAddress address = MetricsPage.address(flags, flags.metricsPort);
    var probe = new DriverProbe(Endpoint.of(flags.endpoint), flags.timeout);
    try (var liveness = new Liveness(probe::ask, flags.pollTime, metrics);
        var page = MetricsEndpoint.start(address, metrics)) {
      page.serveHealth(liveness::silence);
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(LivenessDriver::halt));
      LOG.log(
          System.Logger.Level.INFO,
          "liveness {0} asks {1} and shows {2}",
          Version.number(),
          flags.endpoint,
          address);
      new CountDownLatch(1).await(); // until the process is ended
    }
    return 0;
  }

  /** Java would end with 143; there is nothing to be finished. */
  private static void halt() {
    Runtime.getRuntime().halt(0);
  }
}
