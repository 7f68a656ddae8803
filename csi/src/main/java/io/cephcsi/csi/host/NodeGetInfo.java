package io.cephcsi.csi.host;

import csi.v1.NodeGetInfoRequest;
import csi.v1.NodeGetInfoResponse;
import csi.v1.Topology;
import io.cephcsi.csi.Call;
import java.util.Map;

/**
 * Tells the node's name, and where it is.
 *
 * @param nodeId the node's name in Kubernetes
 * @param segments where it is, by the keys of CSI's topology; empty when that is of no matter
 */
public record NodeGetInfo(String nodeId, Map<String, String> segments)
    implements Call<NodeGetInfoRequest, NodeGetInfoResponse> {
  public NodeGetInfo {
    segments = Map.copyOf(segments);
  }

  @Override
  public NodeGetInfoResponse answer(NodeGetInfoRequest request) {
    var answer = NodeGetInfoResponse.newBuilder().setNodeId(nodeId);
    if (!segments.isEmpty()) {
      answer.setAccessibleTopology(Topology.newBuilder().putAllSegments(segments));
    }
    return answer.build();
  }
}
