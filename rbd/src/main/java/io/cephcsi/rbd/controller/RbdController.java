package io.cephcsi.rbd.controller;

import com.google.protobuf.Message;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.ControllerExpandVolumeResponse;
import csi.v1.ControllerGetCapabilitiesRequest;
import csi.v1.ControllerGetCapabilitiesResponse;
import csi.v1.ControllerGetVolumeHealthRequest;
import csi.v1.ControllerGetVolumeHealthResponse;
import csi.v1.ControllerGetVolumeRequest;
import csi.v1.ControllerGetVolumeResponse;
import csi.v1.ControllerGrpc;
import csi.v1.ControllerListVolumeHealthRequest;
import csi.v1.ControllerListVolumeHealthResponse;
import csi.v1.ControllerPublishVolumeRequest;
import csi.v1.ControllerPublishVolumeResponse;
import csi.v1.ControllerUnpublishVolumeRequest;
import csi.v1.ControllerUnpublishVolumeResponse;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateSnapshotResponse;
import csi.v1.CreateVolumeRequest;
import csi.v1.CreateVolumeResponse;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteSnapshotResponse;
import csi.v1.DeleteVolumeRequest;
import csi.v1.DeleteVolumeResponse;
import csi.v1.GetCapacityRequest;
import csi.v1.GetCapacityResponse;
import csi.v1.GetSnapshotRequest;
import csi.v1.GetSnapshotResponse;
import csi.v1.ListSnapshotsRequest;
import csi.v1.ListSnapshotsResponse;
import csi.v1.ListVolumesRequest;
import csi.v1.ListVolumesResponse;
import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.ValidateVolumeCapabilitiesResponse;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.cluster.GroupController;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Listing;
import io.cephcsi.cluster.Looks;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RpcName;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.GroupSnapshots;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Snapshots;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.VolumeHealths;
import io.cephcsi.rbd.Volumes;
import io.grpc.stub.StreamObserver;
import java.time.Duration;

/** CSI's Controller service for RBD: which class answers which RPC. */
public final class RbdController extends ControllerGrpc.ControllerImplBase
    implements AutoCloseable {
  private static final Duration RESUME_AFTER = Duration.ofSeconds(30);

  private final Calls calls;
  private final Purger purger;
  private final Flattener flattener;
  private final CutOffWork cutOff;
  private final CreateVolume createVolume;
  private final DeleteVolume deleteVolume;
  private final ControllerExpandVolume expandVolume;
  private final ValidateVolumeCapabilities validateVolumeCapabilities;
  private final ListVolumes listVolumes;
  private final CreateSnapshot createSnapshot;
  private final DeleteSnapshot deleteSnapshot;
  private final ListSnapshots listSnapshots;
  private final GetSnapshot getSnapshot;
  private final GetCapacity getCapacity;
  private final ControllerGetVolume getVolume;
  private final RbdSnapshotMetadata snapshotMetadata;
  private final GroupController groupController;
  private final ControllerGetVolumeHealth getVolumeHealth;
  private final ControllerListVolumeHealth listVolumeHealth;
  private final ControllerGetCapabilities getCapabilities;
  private final ControllerPublishVolume publishVolume;
  private final ControllerUnpublishVolume unpublishVolume;
  private final boolean fencing;

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
    var names = new NameLocks();
    var volumes = new Volumes(parts.pools(), parts.journal());
    var snapshots = new Snapshots(parts.pools(), parts.snapshots());
    this.calls = calls;
    this.purger = new Purger(parts.pools(), parts.journal(), calls::inFlight);
    this.flattener = new Flattener(parts.pools(), parts.journal());
    this.cutOff =
        new CutOffWork(
            parts.pools(), parts.journal(), parts.snapshots(), purger, flattener, RESUME_AFTER);
    var clones = new Clones(volumes, snapshots, flattener, settings.limits(), names);
    var images = new Images(parts.journal(), clones, purger, cutOff, settings);
    var snapshotImages =
        new SnapshotImages(parts.pools(), parts.snapshots(), flattener, purger, settings);
    var known = new KnownSnapshots(snapshots, snapshotImages, parts.journal(), parts.users());
    var listing = new Listing<>(parts.pools(), parts.configs(), parts.users()::of);
    this.createVolume =
        new CreateVolume(parts.pools(), parts.journal(), images, names, parts.users());
    this.deleteVolume = new DeleteVolume(volumes, parts.journal(), purger, cutOff, names);
    this.expandVolume = new ControllerExpandVolume(volumes, names);
    this.validateVolumeCapabilities = new ValidateVolumeCapabilities(volumes);
    this.listVolumes = new ListVolumes(listing, parts.journal());
    this.createSnapshot =
        new CreateSnapshot(parts.pools(), volumes, snapshotImages, names, parts.users());
    var deletion = new SnapshotDeletion(parts.snapshots(), purger, cutOff, names);
    var groups = new GroupSnapshots(parts.pools(), parts.groups());
    this.deleteSnapshot = new DeleteSnapshot(snapshots, groups, deletion, names);
    this.listSnapshots = new ListSnapshots(listing, parts.snapshots(), known);
    this.getSnapshot = new GetSnapshot(known);
    this.getCapacity = new GetCapacity(parts.pools(), parts.configs(), parts.users());
    this.getVolume = new ControllerGetVolume(volumes, parts.users());
    this.snapshotMetadata = new RbdSnapshotMetadata(calls, snapshots, names);
    var groupDeletion = new GroupDeletion(snapshots, parts.groups(), deletion, names);
    var groupImages =
        new GroupImages(parts.groups(), parts.snapshots(), snapshotImages, groupDeletion);
    this.groupController =
        new GroupController(
            calls,
            new CreateVolumeGroupSnapshot(
                parts.pools(), volumes, groupImages, snapshotImages, names, parts.users()),
            new DeleteVolumeGroupSnapshot(groups, groupDeletion, names),
            new GetVolumeGroupSnapshot(groups, known, parts.users()));
    this.fencing = settings.fencing();
    this.getCapabilities = new ControllerGetCapabilities(fencing);
    var fenced = new FencedVolumes(volumes, parts.users());
    this.publishVolume = new ControllerPublishVolume(fenced, parts.nodes(), names);
    this.unpublishVolume = new ControllerUnpublishVolume(fenced, names);
    var healths = new VolumeHealths(parts.pools(), parts.journal(), parts.looks());
    this.getVolumeHealth = new ControllerGetVolumeHealth(healths, parts.users());
    this.listVolumeHealth =
        new ControllerListVolumeHealth(
            listing,
            parts.journal(),
            healths,
            new PoolContents(parts.pools(), parts.journal(), parts.looks()));
  }

  /** The GroupController service, which holds the same names. */
  public GroupController groupController() {
    return groupController;
  }

  /** The SnapshotMetadata service, which holds the same names. */
  public RbdSnapshotMetadata snapshotMetadata() {
    return snapshotMetadata;
  }

  @Override
  public void createVolume(
      CreateVolumeRequest request, StreamObserver<CreateVolumeResponse> observer) {
    String cluster = request.getParametersOrDefault("clusterID", "");
    answer(new RpcName("CreateVolume", cluster), createVolume, request, observer);
  }

  @Override
  public void deleteVolume(
      DeleteVolumeRequest request, StreamObserver<DeleteVolumeResponse> observer) {
    answer(
        VolumeHandle.rpc("DeleteVolume", request.getVolumeId()), deleteVolume, request, observer);
  }

  @Override
  public void controllerExpandVolume(
      ControllerExpandVolumeRequest request,
      StreamObserver<ControllerExpandVolumeResponse> observer) {
    var rpc = VolumeHandle.rpc("ControllerExpandVolume", request.getVolumeId());
    answer(rpc, expandVolume, request, observer);
  }

  @Override
  public void validateVolumeCapabilities(
      ValidateVolumeCapabilitiesRequest request,
      StreamObserver<ValidateVolumeCapabilitiesResponse> observer) {
    var rpc = VolumeHandle.rpc("ValidateVolumeCapabilities", request.getVolumeId());
    answer(rpc, validateVolumeCapabilities, request, observer);
  }

  @Override
  public void listVolumes(
      ListVolumesRequest request, StreamObserver<ListVolumesResponse> observer) {
    answer(RpcName.onAll("ListVolumes"), listVolumes, request, observer);
  }

  @Override
  public void createSnapshot(
      CreateSnapshotRequest request, StreamObserver<CreateSnapshotResponse> observer) {
    var rpc = VolumeHandle.rpc("CreateSnapshot", request.getSourceVolumeId());
    answer(rpc, createSnapshot, request, observer);
  }

  @Override
  public void deleteSnapshot(
      DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> observer) {
    answer(
        RpcName.on("DeleteSnapshot", request.getSnapshotId()), deleteSnapshot, request, observer);
  }

  @Override
  public void listSnapshots(
      ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> observer) {
    answer(RpcName.onAll("ListSnapshots"), listSnapshots, request, observer);
  }

  @Override
  public void getSnapshot(
      GetSnapshotRequest request, StreamObserver<GetSnapshotResponse> observer) {
    answer(RpcName.on("GetSnapshot", request.getSnapshotId()), getSnapshot, request, observer);
  }

  @Override
  public void getCapacity(
      GetCapacityRequest request, StreamObserver<GetCapacityResponse> observer) {
    String cluster = request.getParametersOrDefault("clusterID", "");
    answer(new RpcName("GetCapacity", cluster), getCapacity, request, observer);
  }

  @Override
  public void controllerGetVolume(
      ControllerGetVolumeRequest request, StreamObserver<ControllerGetVolumeResponse> observer) {
    answer(
        VolumeHandle.rpc("ControllerGetVolume", request.getVolumeId()),
        getVolume,
        request,
        observer);
  }

  @Override
  public void controllerPublishVolume(
      ControllerPublishVolumeRequest request,
      StreamObserver<ControllerPublishVolumeResponse> observer) {
    if (fencing) {
      var rpc = VolumeHandle.rpc("ControllerPublishVolume", request.getVolumeId());
      answer(rpc, publishVolume, request, observer);
    } else {
      super.controllerPublishVolume(request, observer);
    }
  }

  @Override
  public void controllerUnpublishVolume(
      ControllerUnpublishVolumeRequest request,
      StreamObserver<ControllerUnpublishVolumeResponse> observer) {
    if (fencing) {
      var rpc = VolumeHandle.rpc("ControllerUnpublishVolume", request.getVolumeId());
      answer(rpc, unpublishVolume, request, observer);
    } else {
      super.controllerUnpublishVolume(request, observer);
    }
  }

  @Override
  public void controllerGetVolumeHealth(
      ControllerGetVolumeHealthRequest request,
      StreamObserver<ControllerGetVolumeHealthResponse> observer) {
    var rpc = RpcName.lookingAt("ControllerGetVolumeHealth", request.getVolumeId());
    answer(rpc, getVolumeHealth, request, observer);
  }

  @Override
  public void controllerListVolumeHealth(
      ControllerListVolumeHealthRequest request,
      StreamObserver<ControllerListVolumeHealthResponse> observer) {
    var rpc = RpcName.lookingAt("ControllerListVolumeHealth", "");
    answer(rpc, listVolumeHealth, request, observer);
  }

  @Override
  public void controllerGetCapabilities(
      ControllerGetCapabilitiesRequest request,
      StreamObserver<ControllerGetCapabilitiesResponse> observer) {
    answer(new RpcName("ControllerGetCapabilities", ""), getCapabilities, request, observer);
  }

  private <Q extends Message, A extends Message> void answer(
      RpcName rpc, Call<Q, A> call, Q request, StreamObserver<A> observer) {
    calls.answer(rpc, CephFailures.told(call), request, observer);
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
