package io.cephcsi.rbd.node;

import csi.v1.NodeGetCapabilitiesRequest;
import csi.v1.NodeGetCapabilitiesResponse;
import csi.v1.NodeServiceCapability;
import csi.v1.NodeServiceCapability.RPC;
import io.cephcsi.csi.Call;
import java.util.List;

/** Tells what the node can do: only what works. */
record NodeGetCapabilities()
    implements Call<NodeGetCapabilitiesRequest, NodeGetCapabilitiesResponse> {
  private static final List<RPC.Type> WORKING =
      List.of(
          RPC.Type.STAGE_UNSTAGE_VOLUME,
          RPC.Type.GET_VOLUME_STATS,
          RPC.Type.EXPAND_VOLUME,
          RPC.Type.GET_VOLUME_HEALTH,
          RPC.Type.GET_STORAGE_HEALTH,
          RPC.Type.SINGLE_NODE_MULTI_WRITER);

  @Override
  public NodeGetCapabilitiesResponse answer(NodeGetCapabilitiesRequest request) {
    var answer = NodeGetCapabilitiesResponse.newBuilder();
    WORKING.forEach(type ->
        answer.addCapabilities(
            NodeServiceCapability.newBuilder().setRpc(RPC.newBuilder().setType(type))));
    return answer.build();
  }
}
