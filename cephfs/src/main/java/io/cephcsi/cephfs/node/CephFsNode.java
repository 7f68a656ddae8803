package io.cephcsi.cephfs.node;

import csi.v1.NodeGrpc;
import csi.v1.NodeServiceCapability.RPC;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.cluster.NodeFailures;
import io.cephcsi.cluster.NodeGetStorageHealth;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiService;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RpcName;
import io.cephcsi.csi.host.ChildProcesses;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mount;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.NodeGetCapabilities;
import io.cephcsi.csi.host.NodeGetInfo;
import io.cephcsi.csi.host.NodeUnpublishVolume;
import io.cephcsi.csi.host.Publication;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import java.nio.file.Path;
import java.util.List;

/** CSI's Node service for CephFS: which class answers which RPC. */
public final class CephFsNode {
  private static final Path PROCFS = Path.of("/proc");
  private static final Path DEBUGFS = Path.of("/sys/kernel/debug/ceph");

  private static final NodeGetCapabilities CAPABILITIES =
      new NodeGetCapabilities(
          List.of(
              RPC.Type.STAGE_UNSTAGE_VOLUME,
              RPC.Type.GET_VOLUME_STATS,
              RPC.Type.GET_VOLUME_HEALTH,
              RPC.Type.GET_STORAGE_HEALTH,
              RPC.Type.SINGLE_NODE_MULTI_WRITER));

  private final CsiService service;
  private final Mounts mounts;
  private final Mounters mounters;
  private final KernelClients clients;

  /**
   * What the node works with.
   *
   * @param mountRecords where ceph-csi keeps its records of ceph-fuse mounts
   */
  public record Parts(
      FileSystems fileSystems,
      VolumeJournal volumes,
      SnapshotJournal snapshots,
      KnownUsers users,
      Looks looks,
      Path mountRecords,
      Path cephConf) {}

  public CephFsNode(Calls calls, Parts parts, NodeSettings settings) {
    var configs = parts.fileSystems().configs();
    var volumes = new Volumes(parts.fileSystems(), parts.volumes());
    Commands commands = new ChildProcesses();
    this.mounts = new Mounts(commands);
    this.clients = new KernelClients(DEBUGFS, commands);
    var filesystems = new Filesystems(commands);
    var names = new NameLocks();
    var entries = new DirectoryEntries(commands);
    var pulse = new Pulse(entries);
    var records = new MountRecords(parts.mountRecords());
    var users = new StagedUsers(parts.users(), records);
    var processes = new MountProcesses(PROCFS, commands);
    this.mounters =
        new Mounters(
            List.of(
                new KernelMounter(PROCFS, commands, settings),
                new FuseMounter(parts.cephConf(), processes, ControlGroup.ofNode(), settings)));
    var staged =
        new StagedMount(
            new VolumeRoots(
                parts.fileSystems(),
                volumes,
                new Snapshots(parts.fileSystems(), parts.snapshots())),
            mounters,
            processes,
            mounts,
            pulse,
            records,
            commands);
    var clusters = new MonitorLooks(parts.looks(), parts.fileSystems()::lend);
    var mounted =
        new MountedHealth(
            parts.fileSystems(), mounters, entries, clusters, parts.users(), parts.looks());
    var healths = new VolumeHealths(parts.fileSystems(), parts.volumes(), parts.looks());
    this.service =
        new CsiService(NodeGrpc.SERVICE_NAME, calls, NodeFailures::told)
            .answer(
                NodeGrpc.getNodeStageVolumeMethod(),
                new NodeStageVolume(staged, mounts, users, names),
                (rpc, r) -> RpcName.inPlace(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeUnstageVolumeMethod(),
                new NodeUnstageVolume(staged, users, names),
                (rpc, r) -> RpcName.inPlace(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodePublishVolumeMethod(),
                new NodePublishVolume(new Publication(mounts), staged, users, mounts, pulse, names),
                (rpc, r) -> RpcName.inPlace(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeUnpublishVolumeMethod(),
                new NodeUnpublishVolume(mounts, names),
                (rpc, r) -> RpcName.inPlace(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeGetVolumeStatsMethod(),
                new NodeGetVolumeStats(mounts, filesystems, entries),
                (rpc, r) -> RpcName.inPlace(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeGetVolumeHealthMethod(),
                new NodeGetVolumeHealth(mounts, mounted, healths, parts.users()),
                (rpc, r) -> RpcName.lookingAt(rpc, r.getVolumeId()))
            .answer(
                NodeGrpc.getNodeGetStorageHealthMethod(),
                new NodeGetStorageHealth(configs, clusters, parts.users(), parts.looks()),
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

  /**
   * How many volumes are staged on this node, as the kernel's mount table tells: nothing that is
   * mounted is looked at.
   */
  public long stagedCount() {
    // A client is mounted where the volume is staged, and bound to where pods have it.
    return mounts.all().stream()
        .filter(mount -> mounters.of(mount).isPresent())
        .map(Mount::device)
        .distinct()
        .count();
  }

  /**
   * The staged volumes of which the kernel tells what they are used for; may take half a second
   * when a metadata server does not answer. For one thread at a time.
   */
  public List<StagedSubvolume> staged() {
    return clients.staged(
        mounts.all().stream()
            .filter(mount -> mounters.of(mount).orElse(null) instanceof KernelMounter)
            .toList());
  }

  /** The Node service. */
  public CsiService service() {
    return service;
  }
}
