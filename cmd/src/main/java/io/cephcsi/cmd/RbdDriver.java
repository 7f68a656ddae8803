package io.cephcsi.cmd;

import csi.v1.PluginCapability.Service;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.controller.CloneLimits;
import io.cephcsi.rbd.controller.ControllerSettings;
import io.cephcsi.rbd.controller.RbdController;
import io.cephcsi.rbd.node.NodeSettings;
import io.cephcsi.rbd.node.RbdNode;
import io.grpc.BindableService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The RBD driver, put together from the flags: constructors only, in the order of dependence. */
final class RbdDriver implements AutoCloseable {
  private final Flags flags;
  private final Foundation foundation;
  private final RbdController controller;
  private final RbdNode node;

  private RbdDriver(Flags flags) {
    this.flags = flags;
    this.foundation = new Foundation(flags);
    var mappings = new ClusterMappings(flags.clusterMapping());
    var pools = new Pools(foundation.configs(), mappings, foundation.clusters());
    var journal = foundation.volumes();
    this.controller =
        new RbdController(
            foundation.calls(),
            new RbdController.Parts(
                foundation.configs(),
                pools,
                journal,
                foundation.snapshots(),
                foundation.groups(),
                foundation.users(),
                foundation.looks()),
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
            foundation.calls(),
            new RbdNode.Parts(
                foundation.configs(),
                pools,
                journal,
                foundation.users(),
                foundation.looks(),
                flags.stateDirectory,
                flags.cephConf),
            new NodeSettings(
                flags.nodeId,
                flags.defaultFilesystem,
                flags.defaultMounter,
                TopologySegments.of(flags.topology, FlagProblems.driverName(flags)),
                flags.fencing));
  }

  /** Serves until SIGTERM or SIGINT; gives back the exit code. */
  static int run(Flags flags) throws IOException, InterruptedException {
    var driver = new RbdDriver(flags);
    return driver.foundation.serve(driver.services(), driver);
  }

  private List<BindableService> services() {
    List<BindableService> services = new ArrayList<>();
    services.add(foundation.identity(capabilities()));
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

  private List<Service.Type> capabilities() {
    List<Service.Type> capabilities = new ArrayList<>();
    if (flags.controllerServer) {
      capabilities.add(Service.Type.CONTROLLER_SERVICE);
      capabilities.add(Service.Type.SNAPSHOT_METADATA_SERVICE);
      capabilities.add(Service.Type.GROUP_CONTROLLER_SERVICE);
    }
    if (!flags.nodeServer || !flags.topology.isEmpty()) {
      // A node that says this has to say where it is; a controller cannot know whether nodes do.
      capabilities.add(Service.Type.VOLUME_ACCESSIBILITY_CONSTRAINTS);
    }
    return capabilities;
  }

  @Override
  public void close() {
    controller.close();
    foundation.close();
  }
}
