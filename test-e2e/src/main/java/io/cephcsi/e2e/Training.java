package io.cephcsi.e2e;

import csi.v1.ControllerGetCapabilitiesRequest;
import csi.v1.GetPluginInfoRequest;
import csi.v1.NodeGetInfoRequest;
import csi.v1.ProbeRequest;
import java.nio.file.Path;
import java.util.Map;

/**
 * What {@code ./dev build} lets a driver do once so that later ones start and answer fast: the
 * JVM's cache of classes holds what this run has used. {@code Training CACHE [CLUSTER]}
 */
final class Training {
  private static final int PROBES = 200;
  private static final int VOLUMES = 50;
  private static final int COPIES = 5;

  private Training() {}

  /**
   * Runs a driver on a Ceph; the driver writes the cache when it ends.
   *
   * @param arguments where the cache is to be; and the folder of a cluster that runs already, else
   *     one of its own is started
   */
  static void main(String[] arguments) throws Exception {
    // What the optimizing compiler would learn is of no use, since the driver does without it.
    var record =
        Map.of(
            "CEPHCSI_JAVA_OPTS",
            "-XX:AOTCacheOutput=" + Path.of(arguments[0]) + " -XX:-AOTRecordTraining");
    try (ThrowawayCeph ceph =
            arguments.length > 1
                ? ThrowawayCeph.running(Path.of(arguments[1]))
                : ThrowawayCeph.start("--no-cephfs");
        DriverProcess process =
            DriverProcess.start(ceph, record, "--controllerserver", "--nodeserver")) {
      ask(process.client());
      use(new BenchDriver(process.client(), ceph.pool(), ceph.credentials()));
    }
  }

  private static void ask(CsiClient client) {
    for (int i = 0; i < PROBES; i++) {
      var _ = client.identity().probe(ProbeRequest.getDefaultInstance());
    }
    var _ = client.identity().getPluginInfo(GetPluginInfoRequest.getDefaultInstance());
    var _ =
        client
            .controller()
            .controllerGetCapabilities(ControllerGetCapabilitiesRequest.getDefaultInstance());
    var _ = client.node().nodeGetInfo(NodeGetInfoRequest.getDefaultInstance());
  }

  private static void use(BenchDriver driver) {
    for (int i = 0; i < VOLUMES; i++) {
      String volume = "volume-" + i;
      driver.create(volume);
      driver.create(volume);
    }
    for (int i = 0; i < COPIES; i++) {
      driver.snapshot("snapshot-" + i, "volume-" + i);
      driver.restore("restored-" + i, "snapshot-" + i);
      driver.copy("copy-" + i, "volume-" + i);
      driver.deleteSnapshot("snapshot-" + i);
    }
    driver.names().forEach(volume -> driver.expand(volume, 2 * BenchDriver.GIB));
    var _ = driver.list();
    driver.names().forEach(driver::delete);
  }
}
