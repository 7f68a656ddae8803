package io.cephcsi.cmd;

import csi.v1.PluginCapability;
import csi.v1.PluginCapability.Service;
import csi.v1.PluginCapability.VolumeExpansion;
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
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.controller.CloneLimits;
import io.cephcsi.rbd.controller.ControllerSettings;
import io.cephcsi.rbd.controller.RbdController;
import io.cephcsi.rbd.node.NodeSettings;
import io.cephcsi.rbd.node.RbdNode;
import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** The RBD driver, put together from the flags: constructors only, in the order of dependence. */
final class RbdDriver implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** How long a question for health waits for anything; its caller waits two seconds. */
  private static final Duration LOOK = Duration.ofMillis(1800);

  private final Flags flags;
  private final ConnectionPool clusters;
  private final Optional<DriverMetrics> metrics;
  private final CallListener listener;
  private final Calls calls;
  private final Looks looks;
  private final RbdController controller;
  private final RbdNode node;
  private final Optional<MetricsEndpoint> metricsPage;
  private final CsiServer server;

  private RbdDriver(Flags flags) throws IOException {
    this.flags = flags;
    this.clusters = new ConnectionPool(connections(flags.cephConf));
    this.metrics =
        flags.driverMetricsPort == 0
            ? Optional.empty()
            : Optional.of(new DriverMetrics(FlagProblems.driverName(flags)));
    this.listener = CallListener.of(listeners());
    this.calls = new Calls(CallSettings.DEFAULT.withSlow(flags.logSlowOpInterval), listener);
    var configs = new ClusterConfigs(flags.clusterConfig);
    var mappings = new ClusterMappings(flags.clusterMapping());
    var pools = new Pools(configs, mappings, clusters);
    var journal = new VolumeJournal(flags.instanceId, UUID::randomUUID);
    var snapshots = new SnapshotJournal(flags.instanceId, UUID::randomUUID);
    var groups = new GroupJournal(flags.instanceId, UUID::randomUUID);
    var users = new KnownUsers(flags.keyring);
    this.looks = new Looks(LOOK);
    this.controller =
        new RbdController(
            calls,
            new RbdController.Parts(configs, pools, journal, snapshots, groups, users, looks),
            new ControllerSettings(
                flags.setMetadata,
                flags.clusterName,
                new CloneLimits(
                    flags.hardMaxCloneDepth,
                    flags.softMaxCloneDepth,
                    flags.maxSnapshotsOnImage,
                    flags.minSnapshotsOnImage),
                flags.fencing));
    this.node =
        new RbdNode(
            calls,
            new RbdNode.Parts(
                configs, pools, journal, users, looks, flags.stateDirectory, flags.cephConf),
            new NodeSettings(
                flags.nodeId,
                flags.defaultFilesystem,
                flags.defaultMounter,
                TopologySegments.of(flags.topology, FlagProblems.driverName(flags)),
                flags.fencing));
    this.metricsPage =
        metrics.isPresent() ? Optional.of(show(metrics.get(), configs)) : Optional.empty();
    this.server = CsiServer.start(Endpoint.of(flags.endpoint), services(), listener.interceptors());
  }

  private List<CallListener> listeners() {
    return Stream.concat(metrics.map(DriverMetrics::listener).stream(), Tracing.load().stream())
        .toList();
  }

  private MetricsEndpoint show(DriverMetrics shown, ClusterConfigs configs) throws IOException {
    shown.showCalls(calls);
    shown.showConnections(clusters);
    shown.showClusters(configs);
    if (flags.controllerServer) {
      shown.showController(controller);
    }
    if (flags.nodeServer) {
      shown.showNode(node);
    }
    return shown.serve(flags);
  }

  /** Serves until SIGTERM or SIGINT; gives back the exit code. */
  static int run(Flags flags) throws IOException, InterruptedException {
    var driver = new RbdDriver(flags);
    var stopping = Thread.ofPlatform().name("stop").unstarted(driver::stop);
    Runtime.getRuntime().addShutdownHook(stopping);
    LOG.log(
        System.Logger.Level.INFO,
        "{0} {1} serves {2}",
        FlagProblems.driverName(flags),
        Version.number(),
        flags.endpoint);
    driver.server.await();
    stopping.join();
    return 0;
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

  private List<BindableService> services() {
    List<BindableService> services = new ArrayList<>();
    services.add(identity());
    if (flags.controllerServer) {
      services.add(controller);
      services.add(controller.snapshotMetadata());
      services.add(controller.groupController());
    }
    if (flags.nodeServer) {
      services.add(node);
    }
    return services;
  }

  private IdentityService identity() {
    List<PluginCapability> capabilities = new ArrayList<>();
    if (flags.controllerServer) {
      capabilities.add(service(Service.Type.CONTROLLER_SERVICE));
      capabilities.add(service(Service.Type.SNAPSHOT_METADATA_SERVICE));
      capabilities.add(service(Service.Type.GROUP_CONTROLLER_SERVICE));
    }
    if (!flags.nodeServer || !flags.topology.isEmpty()) {
      // A node that says this has to say where it is; a controller cannot know whether nodes do.
      capabilities.add(service(Service.Type.VOLUME_ACCESSIBILITY_CONSTRAINTS));
    }
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
  private void stop() {
    try {
      calls.drain(flags.stopGrace);
      server.stop(Duration.ofSeconds(1));
    } catch (InterruptedException | IOException e) {
      LOG.log(System.Logger.Level.WARNING, "stop", e);
    }
    close();
    // Java would end with 143; a driver that was told to stop and did has not failed.
    Runtime.getRuntime().halt(0);
  }

  @Override
  public void close() {
    metricsPage.ifPresent(MetricsEndpoint::close);
    metrics.ifPresent(DriverMetrics::close);
    controller.close();
    calls.close();
    listener.close();
    looks.close();
    clusters.close();
  }
}
