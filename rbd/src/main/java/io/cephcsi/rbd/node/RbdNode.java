package io.cephcsi.rbd.node;

import com.google.protobuf.Message;
import csi.v1.NodeExpandVolumeRequest;
import csi.v1.NodeExpandVolumeResponse;
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
import io.cephcsi.ceph.KernelNbd;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.NodeFailures;
import io.cephcsi.cluster.NodeGetStorageHealth;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.Calls;
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
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** CSI's Node service for RBD: which class answers which RPC. */
public final class RbdNode extends NodeGrpc.NodeImplBase implements AutoCloseable {
  private static final Path SYSFS = Path.of("/sys");
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);
  private static final Path PROCFS = Path.of("/proc");

  private final Calls calls;
  private final StagedVolumes stagedVolumes;
  private final NodeStageVolume stageVolume;
  private final NodeUnstageVolume unstageVolume;
  private final NodePublishVolume publishVolume;
  private final NodeUnpublishVolume unpublishVolume;
  private final NodeExpandVolume expandVolume;
  private final NodeGetVolumeStats getVolumeStats;
  private final NodeGetVolumeHealth getVolumeHealth;
  private final NodeGetStorageHealth getStorageHealth;
  private final NodeGetInfo getInfo;
  private final Healer healer;
  private final NodeGetCapabilities getCapabilities =
      new NodeGetCapabilities(
          List.of(
              RPC.Type.STAGE_UNSTAGE_VOLUME,
              RPC.Type.GET_VOLUME_STATS,
              RPC.Type.EXPAND_VOLUME,
              RPC.Type.GET_VOLUME_HEALTH,
              RPC.Type.GET_STORAGE_HEALTH,
              RPC.Type.SINGLE_NODE_MULTI_WRITER));

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
    var devices =
        new Devices(
            List.of(
                new KernelMapper(SYSFS, commands),
                new NbdMapper(
                    new NbdMapper.Host(
                        SYSFS, PROCFS, parts.cephConf(), KernelNbd::resize, Duration.ofSeconds(20)),
                    commands,
                    mounts,
                    group),
                new UserspaceMapper(commands, parts.stateDirectory(), group)),
            blockDevices);
    var fence = new NodeFence(settings.fencing(), settings.nodeId(), devices, volumes, users);
    var staged = new StagedFilesystem(filesystems, mounts);
    this.calls = calls;
    this.stagedVolumes = new StagedVolumes(devices, mounts, blockDevices);
    this.stageVolume =
        new NodeStageVolume(
            volumes,
            devices,
            staged,
            new StagedBlockDevice(mounts),
            mounts,
            names,
            users,
            fence,
            settings);
    var revival = new Revival(volumes, parts.stagedUsers().or(StagedUsers.known(users)));
    this.healer = new Healer(devices, revival, mounts, names);
    this.unstageVolume = new NodeUnstageVolume(devices, revival, mounts, fence, names);
    this.publishVolume = new NodePublishVolume(new Publication(mounts), names);
    this.unpublishVolume = new NodeUnpublishVolume(mounts, names);
    this.expandVolume = new NodeExpandVolume(volumes, devices, filesystems, mounts, names, users);
    this.getVolumeStats = new NodeGetVolumeStats(devices, mounts, filesystems);
    var healths = new VolumeHealths(parts.pools(), parts.journal(), parts.looks());
    this.getVolumeHealth =
        new NodeGetVolumeHealth(
            mounts,
            new MountedHealth(
                devices, blockDevices, filesystems, parts.pools(), users, parts.looks()),
            healths,
            users);
    this.getStorageHealth =
        new NodeGetStorageHealth(parts.configs(), healths.monitors(), users, parts.looks());
    this.getInfo = new NodeGetInfo(settings.nodeId(), settings.segments());
  }

  /** What is staged on this node now; asks the kernel alone. */
  public List<StagedVolume> staged() {
    return stagedVolumes.all();
  }

  @Override
  public void nodeStageVolume(
      NodeStageVolumeRequest request, StreamObserver<NodeStageVolumeResponse> observer) {
    answer(
        VolumeHandle.rpc("NodeStageVolume", request.getVolumeId()), stageVolume, request, observer);
  }

  @Override
  public void nodeUnstageVolume(
      NodeUnstageVolumeRequest request, StreamObserver<NodeUnstageVolumeResponse> observer) {
    var rpc = VolumeHandle.rpc("NodeUnstageVolume", request.getVolumeId());
    answer(rpc, unstageVolume, request, observer);
  }

  @Override
  public void nodePublishVolume(
      NodePublishVolumeRequest request, StreamObserver<NodePublishVolumeResponse> observer) {
    var rpc = VolumeHandle.rpc("NodePublishVolume", request.getVolumeId());
    answer(rpc, publishVolume, request, observer);
  }

  @Override
  public void nodeUnpublishVolume(
      NodeUnpublishVolumeRequest request, StreamObserver<NodeUnpublishVolumeResponse> observer) {
    var rpc = VolumeHandle.rpc("NodeUnpublishVolume", request.getVolumeId());
    answer(rpc, unpublishVolume, request, observer);
  }

  @Override
  public void nodeExpandVolume(
      NodeExpandVolumeRequest request, StreamObserver<NodeExpandVolumeResponse> observer) {
    answer(
        VolumeHandle.rpc("NodeExpandVolume", request.getVolumeId()),
        expandVolume,
        request,
        observer);
  }

  @Override
  public void nodeGetVolumeStats(
      NodeGetVolumeStatsRequest request, StreamObserver<NodeGetVolumeStatsResponse> observer) {
    var rpc = VolumeHandle.rpc("NodeGetVolumeStats", request.getVolumeId());
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

  /** Begins to look after devices whose processes end, until it is closed. */
  public void heal() {
    healer.start(LOOK_AGAIN);
  }

  @Override
  public void close() {
    healer.close();
  }

  private <Q extends Message, A extends Message> void answer(
      RpcName rpc, Call<Q, A> call, Q request, StreamObserver<A> observer) {
    calls.answer(rpc, NodeFailures.told(call), request, observer);
  }
}
