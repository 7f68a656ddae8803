package io.cephcsi.cmd;

import csi.v1.PluginCapability.Service;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
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
import java.util.UUID;

/** The RBD driver, put together from the flags: constructors only, in the order of dependence. */
final class RbdDriver {
  private final Flags flags;
  private final Serving serving;
  private final RbdController controller;
  private final RbdNode node;

  private RbdDriver(Flags flags) {
    this.flags = flags;
    this.serving = new Serving(flags);
    var configs = new ClusterConfigs(flags.clusterConfig);
    var mappings = new ClusterMappings(flags.clusterMapping());
    var pools = new Pools(configs, mappings, serving.clusters());
    var journal = new VolumeJournal(flags.instanceId, UUID::randomUUID);
    var snapshots = new SnapshotJournal(flags.instanceId, UUID::randomUUID);
    var groups = new GroupJournal(flags.instanceId, UUID::randomUUID);
    var users = new KnownUsers(flags.keyring);
    this.controller =
        new RbdController(
            serving.calls(),
            new RbdController.Parts(
                configs, pools, journal, snapshots, groups, users, serving.looks()),
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
            serving.calls(),
            new RbdNode.Parts(
                configs,
                pools,
                journal,
                users,
                serving.looks(),
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
    return driver.serving.run(driver.capabilities(), driver.services(), driver.controller::close);
  }

  private List<BindableService> services() {
    List<BindableService> services = new ArrayList<>();
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
}
