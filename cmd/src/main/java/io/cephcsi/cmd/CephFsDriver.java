package io.cephcsi.cmd;

import csi.v1.PluginCapability.Service;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.controller.CephFsController;
import io.cephcsi.cephfs.controller.ControllerSettings;
import io.cephcsi.cephfs.node.CephFsNode;
import io.cephcsi.cephfs.node.NodeSettings;
import io.grpc.BindableService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The CephFS driver, put together from the flags, as {@link RbdDriver} is. */
final class CephFsDriver implements AutoCloseable {
  private final Flags flags;
  private final Foundation foundation;
  private final CephFsController controller;
  private final CephFsNode node;

  private CephFsDriver(Flags flags) {
    this.flags = flags;
    this.foundation = new Foundation(flags);
    var fileSystems = new FileSystems(foundation.configs(), foundation.clusters());
    this.controller =
        new CephFsController(
            foundation.calls(),
            new CephFsController.Parts(
                fileSystems,
                foundation.volumes(),
                foundation.snapshots(),
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
                TopologySegments.of(flags.topology, FlagProblems.driverName(flags)),
                flags.kernelMountOptions,
                flags.fuseMountOptions,
                flags.forceCephKernelClient,
                nearReads(flags)));
  }

  private static NodeSettings.NearReads nearReads(Flags flags) {
    return new NodeSettings.NearReads(
        flags.enableReadAffinity,
        flags.crushLocationLabels.isEmpty()
            ? List.of()
            : List.of(flags.crushLocationLabels.split(",", -1)),
        Labels.of(flags.nodeLabels));
  }

  /** Serves until SIGTERM or SIGINT; gives back the exit code. */
  static int run(Flags flags) throws IOException, InterruptedException {
    var driver = new CephFsDriver(flags);
    return driver.foundation.serve(driver.services(), driver);
  }

  private List<BindableService> services() {
    List<BindableService> services = new ArrayList<>();
    services.add(
        foundation.identity(
            servesController() ? List.of(Service.Type.CONTROLLER_SERVICE) : List.of()));
    if (servesController()) {
      services.add(controller);
    }
    if (flags.nodeServer || !flags.controllerServer) {
      services.add(node);
    }
    return services;
  }

  /** Without a word on what to serve, all is served, as ceph-csi's CephFS driver does. */
  private boolean servesController() {
    return flags.controllerServer || !flags.nodeServer;
  }

  @Override
  public void close() {
    foundation.close();
  }
}
