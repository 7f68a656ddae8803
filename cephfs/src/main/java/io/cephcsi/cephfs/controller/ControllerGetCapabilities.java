package io.cephcsi.cephfs.controller;

import csi.v1.ControllerGetCapabilitiesRequest;
import csi.v1.ControllerGetCapabilitiesResponse;
import csi.v1.ControllerServiceCapability;
import csi.v1.ControllerServiceCapability.RPC;
import io.cephcsi.csi.Call;
import java.util.List;

/** Tells what the controller can do: only what works. */
record ControllerGetCapabilities()
    implements Call<ControllerGetCapabilitiesRequest, ControllerGetCapabilitiesResponse> {
  private static final List<RPC.Type> WORKING =
      List.of(
          RPC.Type.CREATE_DELETE_VOLUME,
          RPC.Type.CREATE_DELETE_SNAPSHOT,
          RPC.Type.CLONE_VOLUME,
          RPC.Type.EXPAND_VOLUME,
          RPC.Type.LIST_VOLUMES,
          RPC.Type.LIST_SNAPSHOTS,
          RPC.Type.GET_SNAPSHOT,
          RPC.Type.GET_CAPACITY,
          RPC.Type.GET_VOLUME,
          RPC.Type.GET_VOLUME_HEALTH,
          RPC.Type.LIST_VOLUME_HEALTH,
          RPC.Type.SINGLE_NODE_MULTI_WRITER);

  @Override
  public ControllerGetCapabilitiesResponse answer(ControllerGetCapabilitiesRequest request) {
    var answer = ControllerGetCapabilitiesResponse.newBuilder();
    WORKING.forEach(type -> answer.addCapabilities(capability(type)));
    return answer.build();
  }

  private static ControllerServiceCapability.Builder capability(RPC.Type type) {
    return ControllerServiceCapability.newBuilder().setRpc(RPC.newBuilder().setType(type));
  }
}
