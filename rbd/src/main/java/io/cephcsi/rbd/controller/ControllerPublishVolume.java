package io.cephcsi.rbd.controller;

import csi.v1.ControllerPublishVolumeRequest;
import csi.v1.ControllerPublishVolumeResponse;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.Fences.Fence;
import io.cephcsi.rbd.Volume;

/**
 * Lets a node stage a volume, unless the volume is for one node and another one may still write to
 * it. Nothing is written: the node itself remembers how it can be fenced.
 */
record ControllerPublishVolume(FencedVolumes volumes, KnownNodes nodes, NameLocks names)
    implements Call<ControllerPublishVolumeRequest, ControllerPublishVolumeResponse> {

  @Override
  public ControllerPublishVolumeResponse answer(ControllerPublishVolumeRequest request) {
    require(request);
    String id = request.getVolumeId();
    try (var _ = names.hold(id);
        Volume volume = volumes.require(id, request.getSecretsMap())) {
      requireNode(request.getNodeId());
      String imageId = volumes.requireImage(volume);
      if (!manyNodes(request)) {
        Fences.of(volume.pool(), imageId).stream()
            .filter(fence -> !fence.nodeId().equals(request.getNodeId()))
            .findFirst()
            .ifPresent(other -> refuse(request, volume, other));
      }
      return ControllerPublishVolumeResponse.getDefaultInstance();
    }
  }

  private void requireNode(String nodeId) {
    if (!nodes.mayHave(nodeId)) {
      throw new CsiException.NotFound(
          "node %s does not exist: Kubernetes has no node of that name, see --nodeid of the node's driver"
              .formatted(nodeId));
    }
  }

  private static void require(ControllerPublishVolumeRequest request) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    RequiredField.require("node_id", !request.getNodeId().isEmpty());
    RequiredField.require("volume_capability", request.hasVolumeCapability());
    var trouble = Capabilities.trouble(request.getVolumeCapability());
    if (trouble.isPresent()) {
      throw new CsiException.InvalidArgument(trouble.get());
    }
  }

  private static boolean manyNodes(ControllerPublishVolumeRequest request) {
    return switch (request.getVolumeCapability().getAccessMode().getMode()) {
      case MULTI_NODE_READER_ONLY, MULTI_NODE_SINGLE_WRITER, MULTI_NODE_MULTI_WRITER -> true;
      default -> false;
    };
  }

  private static void refuse(ControllerPublishVolumeRequest request, Volume volume, Fence other) {
    throw new CsiException.FailedPrecondition(
        "volume %s is staged on node %s, by client %s, and is for one node: unstage it there; if that node is lost, give it the taint node.kubernetes.io/out-of-service, and it is fenced when the volume is detached; if it is off for good and the volume is detached, rbd image-meta remove %s/%s %s"
            .formatted(
                request.getVolumeId(),
                other.nodeId(),
                other.client(),
                volume.pool().name(),
                volume.entry().imageName(),
                Fences.key(other.nodeId())));
  }
}
