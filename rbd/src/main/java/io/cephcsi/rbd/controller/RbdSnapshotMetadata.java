package io.cephcsi.rbd.controller;

import csi.v1.GetMetadataAllocatedRequest;
import csi.v1.GetMetadataAllocatedResponse;
import csi.v1.GetMetadataDeltaRequest;
import csi.v1.GetMetadataDeltaResponse;
import csi.v1.SnapshotMetadataGrpc;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.Calls;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RpcName;
import io.cephcsi.rbd.Snapshots;
import io.grpc.stub.StreamObserver;

/** CSI's SnapshotMetadata service for RBD: which class answers which RPC. */
public final class RbdSnapshotMetadata extends SnapshotMetadataGrpc.SnapshotMetadataImplBase {
  private final Calls calls;
  private final GetMetadataAllocated allocated;
  private final GetMetadataDelta delta;

  RbdSnapshotMetadata(Calls calls, Snapshots snapshots, NameLocks names) {
    this.calls = calls;
    this.allocated = new GetMetadataAllocated(snapshots, names);
    this.delta = new GetMetadataDelta(snapshots, names);
  }

  @Override
  public void getMetadataAllocated(
      GetMetadataAllocatedRequest request, StreamObserver<GetMetadataAllocatedResponse> observer) {
    var rpc = RpcName.on("GetMetadataAllocated", request.getSnapshotId());
    calls.stream(rpc, CephFailures.told(allocated), request, observer);
  }

  @Override
  public void getMetadataDelta(
      GetMetadataDeltaRequest request, StreamObserver<GetMetadataDeltaResponse> observer) {
    var rpc = RpcName.on("GetMetadataDelta", request.getTargetSnapshotId());
    calls.stream(rpc, CephFailures.told(delta), request, observer);
  }
}
