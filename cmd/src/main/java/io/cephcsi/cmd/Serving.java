package io.cephcsi.cmd;

import csi.v1.PluginCapability;
import csi.v1.PluginCapability.Service;
import csi.v1.PluginCapability.VolumeExpansion;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.CallSettings;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiServer;
import io.cephcsi.csi.Endpoint;
import io.cephcsi.csi.IdentityService;
import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What all drivers have: connections, calls, looks, and a server that ends in good order. */
final class Serving {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** How long a question for health waits for anything; its caller waits two seconds. */
  private static final Duration LOOK = Duration.ofMillis(1800);

  private final Flags flags;
  private final Clusters clusters;
  private final Calls calls = new Calls(CallSettings.DEFAULT);
  private final Looks looks = new Looks(LOOK);

  Serving(Flags flags) {
    this.flags = flags;
    this.clusters = new ConnectionPool(connections(flags.cephConf));
  }

  private static ConnectionSettings connections(Path cephConf) {
    var settings = ConnectionSettings.DEFAULT;
    return new ConnectionSettings(
        settings.mountTimeout(),
        settings.monitorTimeout(),
        settings.osdTimeout(),
        settings.idleTime(),
        Files.isReadable(cephConf) ? cephConf : null);
  }

  Clusters clusters() {
    return clusters;
  }

  Calls calls() {
    return calls;
  }

  Looks looks() {
    return looks;
  }

  /**
   * Serves until SIGTERM or SIGINT; gives back the exit code.
   *
   * @param capabilities what the driver can do beside expanding volumes
   * @param services beside Identity
   * @param before what to close before the connections
   */
  int run(List<Service.Type> capabilities, List<BindableService> services, Runnable before)
      throws IOException, InterruptedException {
    List<BindableService> all = new ArrayList<>(services);
    all.addFirst(identity(capabilities));
    CsiServer server = CsiServer.start(Endpoint.of(flags.endpoint), all);
    var stopping = Thread.ofPlatform().name("stop").unstarted(() -> stop(server, before));
    Runtime.getRuntime().addShutdownHook(stopping);
    LOG.log(
        System.Logger.Level.INFO,
        "{0} {1} serves {2}",
        FlagProblems.driverName(flags),
        Version.number(),
        flags.endpoint);
    server.await();
    stopping.join();
    return 0;
  }

  private IdentityService identity(List<Service.Type> types) {
    List<PluginCapability> capabilities = new ArrayList<>();
    types.forEach(type -> capabilities.add(service(type)));
    capabilities.add(
        PluginCapability.newBuilder()
            .setVolumeExpansion(VolumeExpansion.newBuilder().setType(VolumeExpansion.Type.ONLINE))
            .build());
    return new IdentityService(
        FlagProblems.driverName(flags), Version.number(), capabilities, () -> !calls.draining());
  }

  private static PluginCapability service(Service.Type type) {
    return PluginCapability.newBuilder().setService(Service.newBuilder().setType(type)).build();
  }

  /** No new calls; the running ones end within the grace time; then everything is closed. */
  private void stop(CsiServer server, Runnable before) {
    try {
      calls.drain(flags.stopGrace);
      server.stop(Duration.ofSeconds(1));
    } catch (InterruptedException | IOException e) {
      LOG.log(System.Logger.Level.WARNING, "stop", e);
    }
    before.run();
    calls.close();
    looks.close();
    clusters.close();
    // Java would end with 143; a driver that was told to stop and did has not failed.
    Runtime.getRuntime().halt(0);
  }
}
