package io.cephcsi.cluster;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.CreateVolumeGroupSnapshotResponse;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotResponse;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.GetVolumeGroupSnapshotResponse;
import csi.v1.GroupControllerGrpc;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.CsiService;
import io.cephcsi.csi.GroupControllerGetCapabilities;
import io.cephcsi.csi.RpcName;

/** CSI's GroupController service, of both drivers: which call answers which RPC. */
public final class GroupController {
  private GroupController() {}

  /** The calls are the one driver's. */
  public static CsiService of(
      Calls calls,
      Call<CreateVolumeGroupSnapshotRequest, CreateVolumeGroupSnapshotResponse> create,
      Call<DeleteVolumeGroupSnapshotRequest, DeleteVolumeGroupSnapshotResponse> delete,
      Call<GetVolumeGroupSnapshotRequest, GetVolumeGroupSnapshotResponse> get) {
    return new CsiService(GroupControllerGrpc.SERVICE_NAME, calls, CephFailures::told)
        .answer(
            GroupControllerGrpc.getCreateVolumeGroupSnapshotMethod(),
            create,
            (rpc, r) -> RpcName.of(rpc, r.getParametersMap()))
        .answer(
            GroupControllerGrpc.getDeleteVolumeGroupSnapshotMethod(),
            delete,
            (rpc, r) -> RpcName.on(rpc, r.getGroupSnapshotId()))
        .answer(
            GroupControllerGrpc.getGetVolumeGroupSnapshotMethod(),
            get,
            (rpc, r) -> RpcName.on(rpc, r.getGroupSnapshotId()))
        .answer(
            GroupControllerGrpc.getGroupControllerGetCapabilitiesMethod(),
            new GroupControllerGetCapabilities(),
            (rpc, _) -> RpcName.ofDriver(rpc));
  }
}
