package io.cephcsi.rbd.controller;

import csi.v1.ControllerGrpc;
import csi.v1.SnapshotMetadataGrpc;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.GroupController;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Listing;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiService;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RpcName;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.GroupSnapshots;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Snapshots;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.VolumeHealths;
import io.cephcsi.rbd.Volumes;
import java.time.Duration;
import java.util.List;

/**
 * CSI's services of a controller for RBD: which class answers which RPC. All hold the same names.
 */
public final class RbdController implements AutoCloseable {
  private static final CutOffWork.Pace RESUMING =
      new CutOffWork.Pace(Duration.ofSeconds(30), Duration.ofHours(1));

  private final Calls calls;
  private final Parts parts;
  private final ControllerSettings settings;
  private final NameLocks names = new NameLocks();
  private final Purger purger;
  private final Flattener flattener;
  private final CutOffWork cutOff;
  private final Volumes volumes;
  private final Snapshots snapshots;
  private final SnapshotImages snapshotImages;
  private final SnapshotDeletion deletion;
  private final GroupSnapshots groups;
  private final KnownSnapshots known;
  private final List<CsiService> services;

  /** What the controller works with. */
  public record Parts(
      ClusterConfigs configs,
      Pools pools,
      VolumeJournal journal,
      SnapshotJournal snapshots,
      GroupJournal groups,
      KnownUsers users,
      KnownNodes nodes,
      Looks looks) {}

  public RbdController(Calls calls, Parts parts, ControllerSettings settings) {
    this.calls = calls;
    this.parts = parts;
    this.settings = settings;
    Pools pools = parts.pools();
    this.volumes = new Volumes(pools, parts.journal());
    this.snapshots = new Snapshots(pools, parts.snapshots());
    this.groups = new GroupSnapshots(pools, parts.groups());
    this.purger = new Purger(pools, parts.journal(), calls::inFlight);
    this.flattener = new Flattener(pools, parts.journal());
    this.cutOff =
        new CutOffWork(pools, parts.journal(), parts.snapshots(), purger, flattener, RESUMING);
    this.snapshotImages = new SnapshotImages(pools, parts.snapshots(), flattener, purger, settings);
    this.deletion = new SnapshotDeletion(parts.snapshots(), purger, cutOff, names);
    this.known = new KnownSnapshots(snapshots, snapshotImages, parts.journal(), parts.users());
    this.services = List.of(controller(), groupController(), snapshotMetadata());
  }

  /** The Controller, GroupController and SnapshotMetadata services. */
  public List<CsiService> services() {
    return services;
  }

  private CsiService controller() {
    Pools pools = parts.pools();
    VolumeJournal journal = parts.journal();
    KnownUsers users = parts.users();
    var clones = new Clones(volumes, snapshots, flattener, settings.limits(), names);
    var images = new Images(journal, clones, purger, cutOff, settings);
    var listing = new Listing<OpenPool>(pools, parts.configs(), users::of);
    var healths = new VolumeHealths(pools, journal, parts.looks());
    var contents = new PoolContents(pools, journal, parts.looks());
    CsiService service =
        new CsiService(ControllerGrpc.SERVICE_NAME, calls, CephFailures::told)
            .answer(
                ControllerGrpc.getCreateVolumeMethod(),
                new CreateVolume(pools, journal, images, names, users),
                (rpc, r) -> RpcName.of(rpc, r.getParametersMap()))
            .answer(
                ControllerGrpc.getDeleteVolumeMethod(),
                new DeleteVolume(volumes, journal, purger, cutOff, names),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                ControllerGrpc.getControllerExpandVolumeMethod(),
                new ControllerExpandVolume(volumes, names),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                ControllerGrpc.getValidateVolumeCapabilitiesMethod(),
                new ValidateVolumeCapabilities(volumes),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                ControllerGrpc.getListVolumesMethod(),
                new ListVolumes(listing, journal),
                (rpc, _) -> RpcName.onAll(rpc))
            .answer(
                ControllerGrpc.getGetCapacityMethod(),
                new GetCapacity(pools, parts.configs(), users),
                (rpc, r) -> RpcName.of(rpc, r.getParametersMap()))
            .answer(
                ControllerGrpc.getControllerGetVolumeMethod(),
                new ControllerGetVolume(volumes, users),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
            .answer(
                ControllerGrpc.getCreateSnapshotMethod(),
                new CreateSnapshot(pools, volumes, snapshotImages, names, users),
                (rpc, r) -> VolumeHandle.rpc(rpc, r.getSourceVolumeId()))
            .answer(
                ControllerGrpc.getDeleteSnapshotMethod(),
                new DeleteSnapshot(snapshots, groups, deletion, names),
                (rpc, r) -> RpcName.on(rpc, r.getSnapshotId()))
            .answer(
                ControllerGrpc.getListSnapshotsMethod(),
                new ListSnapshots(listing, parts.snapshots(), known),
                (rpc, _) -> RpcName.onAll(rpc))
            .answer(
                ControllerGrpc.getGetSnapshotMethod(),
                new GetSnapshot(known),
                (rpc, r) -> RpcName.on(rpc, r.getSnapshotId()))
            .answer(
                ControllerGrpc.getControllerGetVolumeHealthMethod(),
                new ControllerGetVolumeHealth(healths, users),
                (rpc, r) -> RpcName.lookingAt(rpc, r.getVolumeId()))
            .answer(
                ControllerGrpc.getControllerListVolumeHealthMethod(),
                new ControllerListVolumeHealth(listing, journal, healths, contents),
                (rpc, _) -> RpcName.lookingAt(rpc, ""))
            .answer(
                ControllerGrpc.getControllerGetCapabilitiesMethod(),
                new ControllerGetCapabilities(settings.fencing()),
                (rpc, _) -> RpcName.ofDriver(rpc));
    return settings.fencing() ? withPublishing(service) : service;
  }

  private CsiService withPublishing(CsiService service) {
    var fenced = new FencedVolumes(volumes, parts.users());
    return service
        .answer(
            ControllerGrpc.getControllerPublishVolumeMethod(),
            new ControllerPublishVolume(fenced, parts.nodes(), names),
            (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()))
        .answer(
            ControllerGrpc.getControllerUnpublishVolumeMethod(),
            new ControllerUnpublishVolume(fenced, names),
            (rpc, r) -> VolumeHandle.rpc(rpc, r.getVolumeId()));
  }

  private CsiService groupController() {
    var groupDeletion = new GroupDeletion(snapshots, parts.groups(), deletion, names);
    var groupImages =
        new GroupImages(parts.groups(), parts.snapshots(), snapshotImages, groupDeletion);
    return GroupController.of(
        calls,
        new CreateVolumeGroupSnapshot(
            parts.pools(), volumes, groupImages, snapshotImages, names, parts.users()),
        new DeleteVolumeGroupSnapshot(groups, groupDeletion, names),
        new GetVolumeGroupSnapshot(groups, known, parts.users()));
  }

  private CsiService snapshotMetadata() {
    return new CsiService(SnapshotMetadataGrpc.SERVICE_NAME, calls, CephFailures::told)
        .stream(
            SnapshotMetadataGrpc.getGetMetadataAllocatedMethod(),
            CephFailures.told(new GetMetadataAllocated(snapshots, names)),
            (rpc, r) -> RpcName.on(rpc, r.getSnapshotId()))
            .stream(
                SnapshotMetadataGrpc.getGetMetadataDeltaMethod(),
                CephFailures.told(new GetMetadataDelta(snapshots, names)),
                (rpc, r) -> RpcName.on(rpc, r.getTargetSnapshotId()));
  }

  /** What is to be done yet behind the calls: images to be purged, and to be flattened. */
  public record Background(int purges, int flattens) {}

  public Background background() {
    return new Background(purger.waiting(), flattener.pending());
  }

  /** Stops the background work; what is not purged yet is taken up after the next start. */
  @Override
  public void close() {
    cutOff.close();
    purger.close();
    flattener.close();
  }
}
