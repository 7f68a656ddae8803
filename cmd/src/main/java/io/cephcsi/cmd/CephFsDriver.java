package io.cephcsi.cmd;

import csi.v1.PluginCapability.Service;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cephfs.node.CephFsNode;
import io.cephcsi.cephfs.node.NodeSettings;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import io.grpc.BindableService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The CephFS driver, put together from the flags as {@link RbdDriver} is. */
final class CephFsDriver {
  private final Flags flags;
  private final Serving serving;
  private final CephFsNode node;

  private CephFsDriver(Flags flags) {
    this.flags = flags;
    this.serving = new Serving(flags);
    var configs = new ClusterConfigs(flags.clusterConfig);
    var fileSystems = new FileSystems(configs, serving.clusters());
    var journal = new VolumeJournal(flags.instanceId, UUID::randomUUID);
    var snapshots = new SnapshotJournal(flags.instanceId, UUID::randomUUID);
    var users = new KnownUsers(flags.keyring);
    this.node =
        new CephFsNode(
            serving.calls(),
            new CephFsNode.Parts(
                configs,
                serving.clusters(),
                new Volumes(fileSystems, journal),
                new Snapshots(fileSystems, snapshots),
                users,
                serving.looks(),
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
    return driver.serving.run(driver.capabilities(), driver.services(), () -> {});
  }

  private List<BindableService> services() {
    List<BindableService> services = new ArrayList<>();
    if (flags.nodeServer) {
      services.add(node);
    }
    return services;
  }

  private List<Service.Type> capabilities() {
    return List.of();
  }
}
