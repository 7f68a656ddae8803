package io.cephcsi.rbd.controller;

import csi.v1.ControllerGetVolumeRequest;
import csi.v1.ControllerGetVolumeResponse;
import csi.v1.ControllerGetVolumeResponse.VolumeStatus;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;

/** Tells what a volume is now. */
record ControllerGetVolume(Volumes volumes, KnownUsers users)
    implements Call<ControllerGetVolumeRequest, ControllerGetVolumeResponse> {

  @Override
  public ControllerGetVolumeResponse answer(ControllerGetVolumeRequest request) {
    String id = RequiredField.text("volume_id", request.getVolumeId());
    VolumeHandle handle = VolumeHandle.of(id).orElseThrow(() -> Volumes.missing(id));
    try (Volume volume = volumes.require(id, users.of(handle.clusterId()))) {
      ImageHeader header =
          volume
              .pool()
              .imageId(volume.entry().imageName())
              .flatMap(volume.pool()::imageHeader)
              .orElseThrow(() -> Volumes.missing(id));
      return ControllerGetVolumeResponse.newBuilder()
          .setVolume(
              csi.v1.Volume.newBuilder().setVolumeId(id).setCapacityBytes(header.sizeBytes()))
          .setStatus(VolumeStatus.getDefaultInstance())
          .build();
    }
  }
}
