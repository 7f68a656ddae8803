package io.cephcsi.csi;

import csi.v1.GroupControllerGetCapabilitiesRequest;
import csi.v1.GroupControllerGetCapabilitiesResponse;
import csi.v1.GroupControllerServiceCapability;
import csi.v1.GroupControllerServiceCapability.RPC;

/** Tells what the group controller of either driver can do. */
public record GroupControllerGetCapabilities()
    implements Call<GroupControllerGetCapabilitiesRequest, GroupControllerGetCapabilitiesResponse> {

  @Override
  public GroupControllerGetCapabilitiesResponse answer(
      GroupControllerGetCapabilitiesRequest request) {
    var type = RPC.newBuilder().setType(RPC.Type.CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT);
    return GroupControllerGetCapabilitiesResponse.newBuilder()
        .addCapabilities(GroupControllerServiceCapability.newBuilder().setRpc(type))
        .build();
  }
}
