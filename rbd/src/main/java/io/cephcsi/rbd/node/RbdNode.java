package io.cephcsi.rbd.node;

import csi.v1.NodeGrpc;
import csi.v1.NodeServiceCapability.RPC;
import io.cephcsi.ceph.DeviceClaim;
import io.cephcsi.ceph.KernelNbd;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.NodeFailures;
import io.cephcsi.cluster.NodeGetStorageHealth;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiService;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RpcName;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.ChildProcesses;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.NodeGetCapabilities;
import io.cephcsi.csi.host.NodeGetInfo;
import io.cephcsi.csi.host.NodeUnpublishVolume;
import io.cephcsi.csi.host.Publication;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.VolumeHealths;
import io.cephcsi.rbd.Volumes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** CSI's Node service for RBD: which class answers which RPC. */
public final class RbdNode implements AutoCloseable {
  private static final Path SYSFS = Path.of("/sys");
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);
  private static final Duration UNMOUNTING = Duration.ofSeconds(2);
  private static final Path PROCFS = Path.of("/proc");

  private static final NodeGetCapabilities CAPABILITIES =
      new NodeGetCapabilities(
          List.of(
              RPC.Type.STAGE_UNSTAGE_VOLUME,
              RPC.Type.GET_VOLUME_STATS,
              RPC.Type.EXPAND_VOLUME,
              RPC.Type.GET_VOLUME_HEALTH,
              RPC.Type.GET_STORAGE_HEALTH,
              RPC.Type.SINGLE_NODE_MULTI_WRITER));

  private final StagedVolumes stagedVolumes;
  private final Healer healer;
  private final CsiService service;

  /**
   * What the node works with.
   *
   * @param stagedUsers asked where neither a call nor {@code users} tells a volume's user
   */
  public record Parts(
      ClusterConfigs configs,
      Pools pools,
      VolumeJournal journal,
      KnownUsers users,
      Looks looks,
      StagedUsers stagedUsers,
      Path stateDirectory,
      Path cephConf) {}

  public RbdNode(Calls calls, Parts parts, NodeSettings settings) {
    Commands commands = new ChildProcesses();
    var mounts = new Mounts(commands);
    var filesystems = new Filesystems(commands);
    var names = new NameLocks();
    var volumes = new Volumes(parts.pools(), parts.journal());
    var users = parts.users();
    var blockDevices = new BlockDevices(SYSFS);
    var group = ControlGroup.ofNode();
    var unused = new Unused(mounts, blockDevices, DeviceClaim::held, UNMOUNTING);
    var devices =
        new Devices(
            List.of(
                new KernelMapper(SYSFS, commands),
                new NbdMapper(
                    new NbdMapper.Host(
                        SYSFS, PROCFS, parts.cephConf(), KernelNbd::resize, Duration.ofSeconds(20)),
                    commands,
                    unused,
                    group),
                new UserspaceMapper(commands, parts.stateDirectory(), unused, group)),
            blockDevices);
    var fence =
        new NodeFence(
            settings.fencing(), settings.nodeId(), devices, volumes, users, parts.stagedUsers());
    var staged = new StagedFilesystem(filesystems, mounts);
    var revival = new Revival(volumes, parts.stagedUsers().or(StagedUsers.known(users)), fence);
    var healths = new VolumeHealths(parts.pools(), parts.journal(), parts.looks());
    var mounted =
        new MountedHealth(devices, blockDevices, filesystems, parts.pools(), users, parts.looks());
    this.stagedVolumes = new StagedVolumes(devices, mounts, blockDevices);
    this.healer = new Healer(devices, revival, mounts, names);
    this.service =
        new CsiService(NodeGrpc.SERVICE_NAME, calls, NodeFailures::told)
            .answer(
                NodeGrpc.getNodeStageVolumeMethod(),
                new NodeStageVolume(
                    volumes,
                    devices,
                    staged,
                    new StagedBlockDevice(mounts),
                    mounts,
                    names,
                    users,
                    fence,
                    settings),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeUnstageVolumeMethod(),
                new NodeUnstageVolume(devices, revival, mounts, fence, names),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodePublishVolumeMethod(),
                new NodePublishVolume(new Publication(mounts), names),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeUnpublishVolumeMethod(),
                new NodeUnpublishVolume(mounts, names),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeExpandVolumeMethod(),
                new NodeExpandVolume(volumes, devices, filesystems, mounts, names, users),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeGetVolumeStatsMethod(),
                new NodeGetVolumeStats(devices, mounts, filesystems),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeGetVolumeHealthMethod(),
                new NodeGetVolumeHealth(mounts, mounted, healths, users),
                (rpc, r) -> RpcName.lookingAt(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeGetStorageHealthMethod(),
                new NodeGetStorageHealth(parts.configs(), healths.monitors(), users, parts.looks()),
                (rpc, _) -> RpcName.lookingAt(rpc, ""))
            .answer(
                NodeGrpc.getNodeGetInfoMethod(),
                new NodeGetInfo(settings.nodeId(), settings.segments()),
                (rpc, _) -> RpcName.ofDriver(rpc))
            .answer(
                NodeGrpc.getNodeGetCapabilitiesMethod(),
                CAPABILITIES,
                (rpc, _) -> RpcName.ofDriver(rpc));
  }

  /** The Node service. */
  public CsiService service() {
    return service;
  }

  /** What is staged on this node now; asks the kernel alone. */
  public List<StagedVolume> staged() {
    return stagedVolumes.all();
  }

  /** Begins to look after devices whose processes end, until it is closed. */
  public void heal() {
    healer.start(LOOK_AGAIN);
  }

  @Override
  public void close() {
    healer.close();
  }
}
