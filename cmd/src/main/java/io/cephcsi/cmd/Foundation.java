package io.cephcsi.cmd;

import csi.v1.PluginCapability;
import csi.v1.PluginCapability.Service;
import csi.v1.PluginCapability.VolumeExpansion;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.CallListener;
import io.cephcsi.csi.CallSettings;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiServer;
import io.cephcsi.csi.Endpoint;
import io.cephcsi.csi.IdentityService;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.metrics.MetricsEndpoint;
import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What every driver stands on, put together from the flags, and how it is served and stopped. */
final class Foundation implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** How long a question for health waits for anything; its caller waits two seconds. */
  private static final Duration LOOK = Duration.ofMillis(1800);

  private final Flags flags;
  private final ConnectionPool clusters;
  private final Optional<DriverMetrics> metrics;
  private final CallListener listener;
  private final Calls calls;
  private final Looks looks = new Looks(LOOK);
  private final ClusterConfigs configs;
  private final KnownUsers users;

  Foundation(Flags flags) {
    this.flags = flags;
    this.clusters = new ConnectionPool(connections(flags.cephConf));
    this.metrics =
        flags.driverMetricsPort == 0
            ? Optional.empty()
            : Optional.of(new DriverMetrics(FlagProblems.driverName(flags)));
    this.listener = CallListener.of(listeners());
    this.calls = new Calls(CallSettings.DEFAULT.withSlow(flags.logSlowOpInterval), listener);
    this.configs = new ClusterConfigs(flags.clusterConfig);
    var mappings = ClusterMappings.ofPools(flags.clusterMapping()); // of clusters they are the same
    this.users = new KnownUsers(flags.keyring, cluster -> mappings.ofLost(cluster, configs));
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

  private List<CallListener> listeners() {
    return Stream.concat(metrics.map(DriverMetrics::listener).stream(), Tracing.load().stream())
        .toList();
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

  ClusterConfigs configs() {
    return configs;
  }

  KnownUsers users() {
    return users;
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

  /** Shows what a driver has to show beside the calls; nothing where metrics are off. */
  void showMetrics(Consumer<DriverMetrics> own) {
    metrics.ifPresent(shown -> {
      shown.showCalls(calls);
      shown.showConnections(clusters);
      shown.showClusters(configs);
      own.accept(shown);
    });
  }

  /** The Identity service; growing volumes in use is what all drivers can. */
  IdentityService identity(List<Service.Type> services) {
    var readiness = new Readiness(calls, configs);
    List<PluginCapability> capabilities = new ArrayList<>();
    services.forEach(type ->
        capabilities.add(
            PluginCapability.newBuilder().setService(Service.newBuilder().setType(type)).build()));
    capabilities.add(
        PluginCapability.newBuilder()
            .setVolumeExpansion(VolumeExpansion.newBuilder().setType(VolumeExpansion.Type.ONLINE))
            .build());
    return new IdentityService(
        FlagProblems.driverName(flags), Version.number(), capabilities, readiness::ready);
  }

  /**
   * Serves until SIGTERM or SIGINT.
   *
   * @param driver is closed then, which closes this too
   * @return the exit code
   */
  int serve(List<BindableService> services, AutoCloseable driver)
      throws IOException, InterruptedException {
    Optional<MetricsEndpoint> page =
        metrics.isPresent() ? Optional.of(metrics.get().serve(flags)) : Optional.empty();
    CsiServer server =
        CsiServer.start(Endpoint.of(flags.endpoint), services, listener.interceptors());
    var stopping = Thread.ofPlatform().name("stop").unstarted(() -> stop(server, page, driver));
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
  private void stop(CsiServer server, Optional<MetricsEndpoint> page, AutoCloseable driver) {
    try {
      calls.drain(flags.stopGrace);
      server.stop(Duration.ofSeconds(1));
      page.ifPresent(MetricsEndpoint::close);
      driver.close();
    } catch (Exception e) {
      LOG.log(System.Logger.Level.WARNING, "stop", e);
    }
    // Java would end with 143; a driver that was told to stop and did has not failed.
    Runtime.getRuntime().halt(0);
  }

  @Override
  public void close() {
    metrics.ifPresent(DriverMetrics::close);
    calls.close();
    listener.close();
    looks.close();
    clusters.close();
  }
}
