package io.cephcsi.rbd.node;

import csi.v1.NodeGetInfoRequest;
import csi.v1.NodeGetInfoResponse;
import io.cephcsi.csi.Call;

/** Tells the node's name. */
record NodeGetInfo(NodeSettings settings) implements Call<NodeGetInfoRequest, NodeGetInfoResponse> {
  @Override
  public NodeGetInfoResponse answer(NodeGetInfoRequest request) {
    return NodeGetInfoResponse.newBuilder().setNodeId(settings.nodeId()).build();
  }
}
