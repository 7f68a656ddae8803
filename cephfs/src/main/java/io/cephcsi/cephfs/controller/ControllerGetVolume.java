package io.cephcsi.cephfs.controller;

import csi.v1.ControllerGetVolumeRequest;
import csi.v1.ControllerGetVolumeResponse;
import csi.v1.ControllerGetVolumeResponse.VolumeStatus;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeId;

/** Tells what a volume is now. */
record ControllerGetVolume(Volumes volumes, KnownUsers users)
    implements Call<ControllerGetVolumeRequest, ControllerGetVolumeResponse> {

  @Override
  public ControllerGetVolumeResponse answer(ControllerGetVolumeRequest request) {
    String text = RequiredField.text("volume_id", request.getVolumeId());
    VolumeId id = VolumeId.of(text).orElseThrow(() -> Volumes.missing(text));
    try (Volume volume = volumes.require(text, users.of(id.clusterId()))) {
      return ControllerGetVolumeResponse.newBuilder()
          .setVolume(
              csi.v1.Volume.newBuilder().setVolumeId(text).setCapacityBytes(size(volume, text)))
          .setStatus(VolumeStatus.getDefaultInstance())
          .build();
    }
  }

  private static long size(Volume volume, String id) {
    if (volume.showsSnapshot()) {
      return volume.entry().sizeBytes().orElse(0);
    }
    return volume
        .subvolumes()
        .find(volume.subvolume())
        .filter(s -> s instanceof Subvolume.Live)
        .map(s -> ((Subvolume.Live) s).quotaBytes())
        .orElseThrow(() -> Volumes.missing(id));
  }
}
