package io.cephcsi.cephfs.controller;

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
import io.cephcsi.cephfs.FileSystems;
import io.cephcsi.cephfs.GroupSnapshots;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.CephFailures;
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
import io.cephcsi.journal.SnapshotReferences;
import io.cephcsi.journal.VolumeJournal;
import io.grpc.stub.StreamObserver;
import java.time.InstantSource;

/** CSI's Controller service for CephFS: which class answers which RPC. */
public final class CephFsController extends ControllerGrpc.ControllerImplBase {
  private final Calls calls;
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
  private final ControllerGetVolumeHealth getVolumeHealth;
  private final ControllerListVolumeHealth listVolumeHealth;
  private final ControllerGetCapabilities getCapabilities = new ControllerGetCapabilities();
  private final GroupController groupController;

  /** What the controller works with. */
  public record Parts(
      FileSystems fileSystems,
      VolumeJournal journal,
      SnapshotJournal snapshots,
      GroupJournal groups,
      KnownUsers users,
      Looks looks) {}

  public CephFsController(Calls calls, Parts parts, ControllerSettings settings) {
    var names = new NameLocks();
    var volumes = new Volumes(parts.fileSystems(), parts.journal());
    var snapshots = new Snapshots(parts.fileSystems(), parts.snapshots());
    var references = new SnapshotReferences();
    var deletion = new SnapshotDeletion(parts.snapshots(), references, names);
    var shown = new ShownSnapshots(snapshots, parts.journal(), references, deletion);
    var clones = new Clones(volumes, snapshots, names, settings.cloneWait());
    var subvolumes = new MadeSubvolumes(parts.journal(), clones, shown, settings);
    var cuts = new Cuts(parts.snapshots(), settings, InstantSource.system());
    var known = new KnownSnapshots(snapshots, parts.journal(), parts.users());
    var listing =
        new Listing<>(parts.fileSystems(), parts.fileSystems().configs(), parts.users()::of);
    var healths = new VolumeHealths(parts.fileSystems(), parts.journal(), parts.looks());
    this.calls = calls;
    this.createVolume = new CreateVolume(parts.fileSystems(), subvolumes, names, parts.users());
    this.deleteVolume = new DeleteVolume(volumes, parts.journal(), shown, names);
    this.expandVolume = new ControllerExpandVolume(volumes, parts.journal(), names);
    this.validateVolumeCapabilities = new ValidateVolumeCapabilities(volumes);
    this.listVolumes = new ListVolumes(listing, parts.journal());
    this.createSnapshot =
        new CreateSnapshot(parts.fileSystems(), volumes, cuts, names, parts.users());
    var groups = new GroupSnapshots(parts.fileSystems(), parts.groups());
    this.deleteSnapshot = new DeleteSnapshot(snapshots, groups, deletion, names);
    this.listSnapshots = new ListSnapshots(listing, parts.snapshots(), known);
    this.getSnapshot = new GetSnapshot(known);
    this.getCapacity = new GetCapacity(parts.fileSystems(), parts.users());
    this.getVolume = new ControllerGetVolume(volumes, parts.users());
    this.getVolumeHealth = new ControllerGetVolumeHealth(healths, parts.users());
    this.listVolumeHealth =
        new ControllerListVolumeHealth(listing, parts.journal(), healths, parts.looks());
    var groupDeletion =
        new GroupDeletion(snapshots, parts.snapshots(), parts.groups(), deletion, names);
    var groupCuts = new GroupCuts(parts.groups(), parts.snapshots(), cuts, groupDeletion);
    this.groupController =
        new GroupController(
            calls,
            new CreateVolumeGroupSnapshot(
                parts.fileSystems(), volumes, groupCuts, names, parts.users()),
            new DeleteVolumeGroupSnapshot(groups, groupDeletion, names),
            new GetVolumeGroupSnapshot(groups, known, parts.users()));
  }

  /** The GroupController service, which holds the same names. */
  public GroupController groupController() {
    return groupController;
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
    answer(RpcName.on("DeleteVolume", request.getVolumeId()), deleteVolume, request, observer);
  }

  @Override
  public void controllerExpandVolume(
      ControllerExpandVolumeRequest request,
      StreamObserver<ControllerExpandVolumeResponse> observer) {
    var rpc = RpcName.on("ControllerExpandVolume", request.getVolumeId());
    answer(rpc, expandVolume, request, observer);
  }

  @Override
  public void validateVolumeCapabilities(
      ValidateVolumeCapabilitiesRequest request,
      StreamObserver<ValidateVolumeCapabilitiesResponse> observer) {
    var rpc = RpcName.on("ValidateVolumeCapabilities", request.getVolumeId());
    answer(rpc, validateVolumeCapabilities, request, observer);
  }

  @Override
  public void listVolumes(
      ListVolumesRequest request, StreamObserver<ListVolumesResponse> observer) {
    answer(new RpcName("ListVolumes", ""), listVolumes, request, observer);
  }

  @Override
  public void createSnapshot(
      CreateSnapshotRequest request, StreamObserver<CreateSnapshotResponse> observer) {
    var rpc = RpcName.on("CreateSnapshot", request.getSourceVolumeId());
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
    answer(new RpcName("ListSnapshots", ""), listSnapshots, request, observer);
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
    answer(RpcName.on("ControllerGetVolume", request.getVolumeId()), getVolume, request, observer);
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
}
