package io.cephcsi.cluster;

import com.google.protobuf.Message;
import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeGroupSnapshotResponse;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotResponse;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotResponse;
import csi.v1.GroupControllerGetCapabilitiesRequest;
import csi.v1.GroupControllerGetCapabilitiesResponse;
import csi.v1.GroupControllerGrpc;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.GroupControllerGetCapabilities;
import io.cephcsi.csi.RpcName;
import io.grpc.stub.StreamObserver;

/** CSI's GroupController service, of both drivers: which call answers which RPC. */
public final class GroupController extends GroupControllerGrpc.GroupControllerImplBase {
  private final Calls calls;
  private final Call<CreateVolumeGroupSnapshotRequest, CreateVolumeGroupSnapshotResponse> create;
  private final Call<DeleteVolumeGroupSnapshotRequest, DeleteVolumeGroupSnapshotResponse> delete;
  private final Call<GetVolumeGroupSnapshotRequest, GetVolumeGroupSnapshotResponse> get;
  private final GroupControllerGetCapabilities getCapabilities =
      new GroupControllerGetCapabilities();

  /** The calls are the one driver's. */
  public GroupController(
      Calls calls,
      Call<CreateVolumeGroupSnapshotRequest, CreateVolumeGroupSnapshotResponse> create,
      Call<DeleteVolumeGroupSnapshotRequest, DeleteVolumeGroupSnapshotResponse> delete,
      Call<GetVolumeGroupSnapshotRequest, GetVolumeGroupSnapshotResponse> get) {
    this.calls = calls;
    this.create = create;
    this.delete = delete;
    this.get = get;
  }

  @Override
  public void createVolumeGroupSnapshot(
      CreateVolumeGroupSnapshotRequest request,
      StreamObserver<CreateVolumeGroupSnapshotResponse> observer) {
    String cluster = request.getParametersOrDefault("clusterID", "");
    answer(new RpcName("CreateVolumeGroupSnapshot", cluster), create, request, observer);
  }

  @Override
  public void deleteVolumeGroupSnapshot(
      DeleteVolumeGroupSnapshotRequest request,
      StreamObserver<DeleteVolumeGroupSnapshotResponse> observer) {
    var rpc = RpcName.on("DeleteVolumeGroupSnapshot", request.getGroupSnapshotId());
    answer(rpc, delete, request, observer);
  }

  @Override
  public void getVolumeGroupSnapshot(
      GetVolumeGroupSnapshotRequest request,
      StreamObserver<GetVolumeGroupSnapshotResponse> observer) {
    var rpc = RpcName.on("GetVolumeGroupSnapshot", request.getGroupSnapshotId());
    answer(rpc, get, request, observer);
  }

  @Override
  public void groupControllerGetCapabilities(
      GroupControllerGetCapabilitiesRequest request,
      StreamObserver<GroupControllerGetCapabilitiesResponse> observer) {
    answer(new RpcName("GroupControllerGetCapabilities", ""), getCapabilities, request, observer);
  }

  private <Q extends Message, A extends Message> void answer(
      RpcName rpc, Call<Q, A> call, Q request, StreamObserver<A> observer) {
    calls.answer(rpc, CephFailures.told(call), request, observer);
  }
}
