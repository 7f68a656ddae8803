package io.cephcsi.rbd.node;

import csi.v1.NodeGetInfoRequest;
import csi.v1.NodeGetInfoResponse;
import csi.v1.Topology;
import io.cephcsi.csi.Call;

/** Tells the node's name, and where it is. */
record NodeGetInfo(NodeSettings settings) implements Call<NodeGetInfoRequest, NodeGetInfoResponse> {
  @Override
  public NodeGetInfoResponse answer(NodeGetInfoRequest request) {
    var answer = NodeGetInfoResponse.newBuilder().setNodeId(settings.nodeId());
    if (!settings.segments().isEmpty()) {
      answer.setAccessibleTopology(Topology.newBuilder().putAllSegments(settings.segments()));
    }
    return answer.build();
  }
}
