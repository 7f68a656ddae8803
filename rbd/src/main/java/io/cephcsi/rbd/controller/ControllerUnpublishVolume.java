package io.cephcsi.rbd.controller;

import csi.v1.ControllerUnpublishVolumeRequest;
import csi.v1.ControllerUnpublishVolumeResponse;
import io.cephcsi.cluster.Blocklist;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.Fences.Fence;
import io.cephcsi.rbd.Volume;
import java.util.Optional;

/**
 * Sees to it that a node can no longer write to a volume. A node that unstaged the volume has
 * forgotten its client, and nothing is to be done; the client of any other is fenced.
 *
 * <p>That the client does not watch the image proves nothing: the watch of a node that was stopped
 * ends after half a minute, and the node writes when it goes on.
 */
record ControllerUnpublishVolume(FencedVolumes volumes, NameLocks names)
    implements Call<ControllerUnpublishVolumeRequest, ControllerUnpublishVolumeResponse> {

  @Override
  public ControllerUnpublishVolumeResponse answer(ControllerUnpublishVolumeRequest request) {
    String id = RequiredField.text("volume_id", request.getVolumeId());
    try (var _ = names.hold(id)) {
      volumes
          .find(id, request.getSecretsMap())
          .ifPresent(volume -> unpublish(volume, request.getNodeId()));
      return ControllerUnpublishVolumeResponse.getDefaultInstance();
    }
  }

  /**
   * @param nodeId empty for all nodes
   */
  private static void unpublish(Volume opened, String nodeId) {
    try (Volume volume = opened) {
      Optional<String> imageId = volume.pool().imageId(volume.entry().imageName());
      imageId.ifPresent(image ->
          Fences.of(volume.pool(), image).stream()
              .filter(fence -> nodeId.isEmpty() || fence.nodeId().equals(nodeId))
              .forEach(fence -> fence(volume, image, fence)));
    }
  }

  /** In this order: after a crash in between the repeated call fences once more. */
  private static void fence(Volume volume, String imageId, Fence fence) {
    Blocklist.add(volume.opened().cluster(), fence.client());
    Fences.remove(volume.pool(), imageId, fence.nodeId());
  }
}
