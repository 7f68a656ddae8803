package io.cephcsi.cmd;

import csi.v1.PluginCapability.Service;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.csi.host.KernelVersion;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.controller.CloneLimits;
import io.cephcsi.rbd.controller.ControllerSettings;
import io.cephcsi.rbd.controller.KnownNodes;
import io.cephcsi.rbd.controller.RbdController;
import io.cephcsi.rbd.node.NodeSettings;
import io.cephcsi.rbd.node.RbdNode;
import io.grpc.BindableService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The RBD driver, put together from the flags: constructors only, in the order of dependence. */
final class RbdDriver implements AutoCloseable {
  private final Flags flags;
  private final Optional<KubernetesAccess> kubernetes;
  private final NodePlace place;
  private final Foundation foundation;
  private final RbdController controller;
  private final RbdNode node;

  private RbdDriver(Flags flags) throws IOException {
    this.flags = flags;
    this.foundation = new Foundation(flags);
    this.kubernetes = KubernetesAccess.of(System.getenv());
    this.place = NodePlace.of(flags, kubernetes, KernelVersion.running());
    var mappings = ClusterMappings.ofPools(flags.clusterMapping());
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
                nodes(),
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
                KubernetesVolumes.of(flags, kubernetes),
                flags.stateDirectory,
                flags.cephConf),
            new NodeSettings(
                flags.nodeId,
                flags.defaultFilesystem,
                flags.defaultMounter,
                place.segments(),
                flags.fencing,
                place.crushLocation()));
  }

  /** Serves until SIGTERM or SIGINT; gives back the exit code. */
  static int run(Flags flags) throws IOException, InterruptedException {
    var driver = new RbdDriver(flags);
    if (flags.nodeServer) {
      driver.node.heal();
    }
    driver.foundation.showMetrics(driver::show);
    return driver.foundation.serve(driver.services(), driver);
  }

  private void show(DriverMetrics shown) {
    if (flags.controllerServer) {
      shown.showController(controller);
    }
    if (flags.nodeServer) {
      shown.showNode(node);
    }
  }

  /** Those of Kubernetes, or any. */
  private KnownNodes nodes() {
    return kubernetes
        .<KnownNodes>map(access -> name -> new KubernetesNode(name, access).mayExist())
        .orElse(KnownNodes.ANY);
  }

  private List<BindableService> services() {
    List<BindableService> services = new ArrayList<>();
    services.add(foundation.identity(capabilities()));
    if (flags.controllerServer) {
      services.addAll(controller.services());
    }
    if (flags.nodeServer) {
      services.add(node.service());
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
    if (!flags.nodeServer || !place.segments().isEmpty()) {
      // A node that says this has to say where it is; a controller cannot know whether nodes do.
      capabilities.add(Service.Type.VOLUME_ACCESSIBILITY_CONSTRAINTS);
    }
    return capabilities;
  }

  @Override
  public void close() {
    node.close();
    controller.close();
    foundation.close();
    kubernetes.ifPresent(KubernetesAccess::close);
  }
}
