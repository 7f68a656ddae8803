package io.cephcsi.cmd;

import csi.v1.PluginCapability.Service;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.controller.CephFsController;
import io.cephcsi.cephfs.controller.ControllerSettings;
import io.cephcsi.cephfs.node.CephFsNode;
import io.cephcsi.cephfs.node.NodeSettings;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.csi.host.KernelVersion;
import io.grpc.BindableService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The CephFS driver, put together from the flags, as {@link RbdDriver} is. */
final class CephFsDriver implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  private final Flags flags;
  private final Optional<KubernetesAccess> kubernetes;
  private final Foundation foundation;
  private final CephFsController controller;
  private final CephFsNode node;

  private CephFsDriver(Flags flags) throws IOException {
    this.flags = flags;
    this.foundation = new Foundation(flags);
    this.kubernetes = KubernetesAccess.of(System.getenv());
    NodePlace place = NodePlace.of(flags, kubernetes, KernelVersion.running());
    var mappings = ClusterMappings.ofFileSystems(flags.clusterMapping());
    var fileSystems = new FileSystems(foundation.configs(), mappings, foundation.clusters());
    this.controller =
        new CephFsController(
            foundation.calls(),
            new CephFsController.Parts(
                fileSystems,
                foundation.volumes(),
                foundation.snapshots(),
                foundation.groups(),
                foundation.users(),
                foundation.looks()),
            new ControllerSettings(flags.setMetadata, flags.clusterName));
    this.node =
        new CephFsNode(
            foundation.calls(),
            new CephFsNode.Parts(
                fileSystems,
                foundation.volumes(),
                foundation.snapshots(),
                foundation.users(),
                foundation.looks(),
                flags.mountRecords,
                flags.cephConf),
            new NodeSettings(
                flags.nodeId,
                place.segments(),
                flags.kernelMountOptions,
                flags.fuseMountOptions,
                flags.forceCephKernelClient,
                place.crushLocation()));
  }

  /** The flag never had an effect in ceph-csi; who sets it may look for journals elsewhere. */
  private static void warnOfRadosNamespace(Flags flags) {
    if (!flags.radosNamespaceCephFs.isEmpty() && !flags.radosNamespaceCephFs.equals("csi")) {
      LOG.log(
          System.Logger.Level.WARNING,
          "--radosnamespacecephfs={0} has no effect, as in ceph-csi: set cephFS.radosNamespace of"
              + " the cluster in config.json, and leave the flag out",
          flags.radosNamespaceCephFs);
    }
  }

  /** Serves until SIGTERM or SIGINT; gives back the exit code. */
  static int run(Flags flags) throws IOException, InterruptedException {
    warnOfRadosNamespace(flags);
    var driver = new CephFsDriver(flags);
    driver.foundation.showMetrics(driver::show);
    return driver.foundation.serve(driver.services(), driver);
  }

  private void show(DriverMetrics shown) {
    if (servesNode()) {
      shown.showNode(node);
    }
  }

  private List<BindableService> services() {
    List<BindableService> services = new ArrayList<>();
    services.add(
        foundation.identity(
            servesController()
                ? List.of(Service.Type.CONTROLLER_SERVICE, Service.Type.GROUP_CONTROLLER_SERVICE)
                : List.of()));
    if (servesController()) {
      services.addAll(controller.services());
    }
    if (servesNode()) {
      services.add(node.service());
    }
    return services;
  }

  /** Without a word on what to serve, all is served, as ceph-csi's CephFS driver does. */
  private boolean servesController() {
    return flags.controllerServer || !flags.nodeServer;
  }

  private boolean servesNode() {
    return flags.nodeServer || !flags.controllerServer;
  }

  @Override
  public void close() {
    foundation.close();
    kubernetes.ifPresent(KubernetesAccess::close);
  }
}
