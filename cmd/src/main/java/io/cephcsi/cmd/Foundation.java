package io.cephcsi.cmd;

import csi.v1.PluginCapability;
import csi.v1.PluginCapability.Service;
import csi.v1.PluginCapability.VolumeExpansion;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.CallSettings;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiServer;
import io.cephcsi.csi.Endpoint;
import io.cephcsi.csi.IdentityService;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What every driver stands on, put together from the flags, and how it is served and stopped. */
record Foundation(
    Flags flags,
    Clusters clusters,
    Calls calls,
    Looks looks,
    ClusterConfigs configs,
    KnownUsers users)
    implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** How long a question for health waits for anything; its caller waits two seconds. */
  private static final Duration LOOK = Duration.ofMillis(1800);

  Foundation(Flags flags) {
    this(
        flags,
        new ConnectionPool(connections(flags.cephConf)),
        new Calls(CallSettings.DEFAULT),
        new Looks(LOOK),
        new ClusterConfigs(flags.clusterConfig),
        new KnownUsers(flags.keyring));
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

  VolumeJournal volumes() {
    return new VolumeJournal(flags.instanceId, UUID::randomUUID);
  }

  SnapshotJournal snapshots() {
    return new SnapshotJournal(flags.instanceId, UUID::randomUUID);
  }

  GroupJournal groups() {
    return new GroupJournal(flags.instanceId, UUID::randomUUID);
  }

  /** The Identity service; growing volumes in use is what all drivers can. */
  IdentityService identity(List<Service.Type> services) {
    List<PluginCapability> capabilities = new ArrayList<>();
    services.forEach(type ->
        capabilities.add(
            PluginCapability.newBuilder().setService(Service.newBuilder().setType(type)).build()));
    capabilities.add(
        PluginCapability.newBuilder()
            .setVolumeExpansion(VolumeExpansion.newBuilder().setType(VolumeExpansion.Type.ONLINE))
            .build());
    return new IdentityService(
        FlagProblems.driverName(flags), Version.number(), capabilities, () -> !calls.draining());
  }

  /**
   * Serves until SIGTERM or SIGINT.
   *
   * @param driver is closed then, which closes this too
   * @return the exit code
   */
  int serve(List<BindableService> services, AutoCloseable driver)
      throws IOException, InterruptedException {
    CsiServer server = CsiServer.start(Endpoint.of(flags.endpoint), services);
    var stopping = Thread.ofPlatform().name("stop").unstarted(() -> stop(server, driver));
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

  /** No new calls; the running ones end within the grace time; then everything is closed. */
  private void stop(CsiServer server, AutoCloseable driver) {
    try {
      calls.drain(flags.stopGrace);
      server.stop(Duration.ofSeconds(1));
      driver.close();
    } catch (Exception e) {
      LOG.log(System.Logger.Level.WARNING, "stop", e);
    }
    // Java would end with 143; a driver that was told to stop and did has not failed.
    Runtime.getRuntime().halt(0);
  }

  @Override
  public void close() {
    calls.close();
    looks.close();
    clusters.close();
  }
}
