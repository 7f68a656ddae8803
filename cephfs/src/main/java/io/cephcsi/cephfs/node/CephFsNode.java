package io.cephcsi.cephfs.node;

import com.google.protobuf.Message;
import csi.v1.NodeGetCapabilitiesRequest;
import csi.v1.NodeGetCapabilitiesResponse;
import csi.v1.NodeGetInfoRequest;
import csi.v1.NodeGetInfoResponse;
import csi.v1.NodeGetStorageHealthRequest;
import csi.v1.NodeGetStorageHealthResponse;
import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.NodeGetVolumeHealthResponse;
import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.NodeGetVolumeStatsResponse;
import csi.v1.NodeGrpc;
import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodePublishVolumeResponse;
import csi.v1.NodeServiceCapability.RPC;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeStageVolumeResponse;
import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.NodeUnpublishVolumeResponse;
import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.NodeUnstageVolumeResponse;
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.cluster.NodeFailures;
import io.cephcsi.cluster.NodeGetStorageHealth;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RpcName;
import io.cephcsi.csi.host.ChildProcesses;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.ControlGroup;
import io.cephcsi.csi.host.Filesystems;
import io.cephcsi.csi.host.Mounts;
import io.cephcsi.csi.host.NodeGetCapabilities;
import io.cephcsi.csi.host.NodeGetInfo;
import io.cephcsi.csi.host.NodeUnpublishVolume;
import io.cephcsi.csi.host.Publication;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;

/** CSI's Node service for CephFS: which class answers which RPC. */
public final class CephFsNode extends NodeGrpc.NodeImplBase {
  private static final Path PROCFS = Path.of("/proc");

  private final Calls calls;
  private final NodeStageVolume stageVolume;
  private final NodeUnstageVolume unstageVolume;
  private final NodePublishVolume publishVolume;
  private final NodeUnpublishVolume unpublishVolume;
  private final NodeGetVolumeStats getVolumeStats;
  private final NodeGetVolumeHealth getVolumeHealth;
  private final NodeGetStorageHealth getStorageHealth;
  private final NodeGetInfo getInfo;
  private final NodeGetCapabilities getCapabilities =
      new NodeGetCapabilities(
          List.of(
              RPC.Type.STAGE_UNSTAGE_VOLUME,
              RPC.Type.GET_VOLUME_STATS,
              RPC.Type.GET_VOLUME_HEALTH,
              RPC.Type.GET_STORAGE_HEALTH,
              RPC.Type.SINGLE_NODE_MULTI_WRITER));

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
    var mounts = new Mounts(commands);
    var filesystems = new Filesystems(commands);
    var names = new NameLocks();
    var entries = new DirectoryEntries(commands);
    var pulse = new Pulse(entries);
    var records = new MountRecords(parts.mountRecords());
    var users = new StagedUsers(parts.users(), records);
    var processes = new MountProcesses(PROCFS, commands);
    var mounters =
        new Mounters(
            List.of(
                new KernelMounter(PROCFS, commands, settings),
                new FuseMounter(parts.cephConf(), processes, ControlGroup.ofNode(), settings)));
    var staged =
        new StagedMount(
            new VolumeRoots(
                configs, volumes, new Snapshots(parts.fileSystems(), parts.snapshots())),
            mounters,
            processes,
            mounts,
            pulse,
            records,
            commands);
    var clusters = new MonitorLooks(parts.looks(), parts.fileSystems()::lend);
    this.calls = calls;
    this.stageVolume = new NodeStageVolume(staged, mounts, users, names);
    this.unstageVolume = new NodeUnstageVolume(staged, users, names);
    this.publishVolume =
        new NodePublishVolume(new Publication(mounts), staged, users, mounts, pulse, names);
    this.unpublishVolume = new NodeUnpublishVolume(mounts, names);
    this.getVolumeStats = new NodeGetVolumeStats(mounts, filesystems, entries);
    this.getVolumeHealth =
        new NodeGetVolumeHealth(
            mounts,
            new MountedHealth(configs, mounters, entries, clusters, parts.users(), parts.looks()),
            new VolumeHealths(parts.fileSystems(), parts.volumes(), parts.looks()),
            parts.users());
    this.getStorageHealth =
        new NodeGetStorageHealth(configs, clusters, parts.users(), parts.looks());
    this.getInfo = new NodeGetInfo(settings.nodeId(), settings.segments());
  }

  @Override
  public void nodeStageVolume(
      NodeStageVolumeRequest request, StreamObserver<NodeStageVolumeResponse> observer) {
    answer(RpcName.on("NodeStageVolume", request.getVolumeId()), stageVolume, request, observer);
  }

  @Override
  public void nodeUnstageVolume(
      NodeUnstageVolumeRequest request, StreamObserver<NodeUnstageVolumeResponse> observer) {
    var rpc = RpcName.on("NodeUnstageVolume", request.getVolumeId());
    answer(rpc, unstageVolume, request, observer);
  }

  @Override
  public void nodePublishVolume(
      NodePublishVolumeRequest request, StreamObserver<NodePublishVolumeResponse> observer) {
    var rpc = RpcName.on("NodePublishVolume", request.getVolumeId());
    answer(rpc, publishVolume, request, observer);
  }

  @Override
  public void nodeUnpublishVolume(
      NodeUnpublishVolumeRequest request, StreamObserver<NodeUnpublishVolumeResponse> observer) {
    var rpc = RpcName.on("NodeUnpublishVolume", request.getVolumeId());
    answer(rpc, unpublishVolume, request, observer);
  }

  @Override
  public void nodeGetVolumeStats(
      NodeGetVolumeStatsRequest request, StreamObserver<NodeGetVolumeStatsResponse> observer) {
    var rpc = RpcName.on("NodeGetVolumeStats", request.getVolumeId());
    answer(rpc, getVolumeStats, request, observer);
  }

  @Override
  public void nodeGetVolumeHealth(
      NodeGetVolumeHealthRequest request, StreamObserver<NodeGetVolumeHealthResponse> observer) {
    var rpc = RpcName.lookingAt("NodeGetVolumeHealth", request.getVolumeId());
    answer(rpc, getVolumeHealth, request, observer);
  }

  @Override
  public void nodeGetStorageHealth(
      NodeGetStorageHealthRequest request, StreamObserver<NodeGetStorageHealthResponse> observer) {
    answer(RpcName.lookingAt("NodeGetStorageHealth", ""), getStorageHealth, request, observer);
  }

  @Override
  public void nodeGetInfo(
      NodeGetInfoRequest request, StreamObserver<NodeGetInfoResponse> observer) {
    answer(new RpcName("NodeGetInfo", ""), getInfo, request, observer);
  }

  @Override
  public void nodeGetCapabilities(
      NodeGetCapabilitiesRequest request, StreamObserver<NodeGetCapabilitiesResponse> observer) {
    answer(new RpcName("NodeGetCapabilities", ""), getCapabilities, request, observer);
  }

  private <Q extends Message, A extends Message> void answer(
      RpcName rpc, Call<Q, A> call, Q request, StreamObserver<A> observer) {
    calls.answer(rpc, NodeFailures.told(call), request, observer);
  }
}
