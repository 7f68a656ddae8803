package io.cephcsi.csi.host;

import csi.v1.NodeGetCapabilitiesRequest;
import csi.v1.NodeGetCapabilitiesResponse;
import csi.v1.NodeServiceCapability;
import csi.v1.NodeServiceCapability.RPC;
import io.cephcsi.csi.Call;
import java.util.List;

/**
 * Tells what the node can do.
 *
 * @param working only what works
 */
public record NodeGetCapabilities(List<RPC.Type> working)
    implements Call<NodeGetCapabilitiesRequest, NodeGetCapabilitiesResponse> {
  public NodeGetCapabilities {
    working = List.copyOf(working);
  }

  @Override
  public NodeGetCapabilitiesResponse answer(NodeGetCapabilitiesRequest request) {
    var answer = NodeGetCapabilitiesResponse.newBuilder();
    working.forEach(type ->
        answer.addCapabilities(
            NodeServiceCapability.newBuilder().setRpc(RPC.newBuilder().setType(type))));
    return answer.build();
  }
}
