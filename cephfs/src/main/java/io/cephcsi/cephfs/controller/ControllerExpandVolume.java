package io.cephcsi.cephfs.controller;

import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.ControllerExpandVolumeResponse;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeSize;

/** Grows a volume's quota, also while it is mounted; never makes it less. */
record ControllerExpandVolume(Volumes volumes, VolumeSizes sizes, NameLocks names)
    implements Call<ControllerExpandVolumeRequest, ControllerExpandVolumeResponse> {

  @Override
  public ControllerExpandVolumeResponse answer(ControllerExpandVolumeRequest request) {
    String id = RequiredField.text("volume_id", request.getVolumeId());
    RequiredField.require("capacity_range", request.hasCapacityRange());
    VolumeSize size = VolumePlan.size(request.getCapacityRange());
    var credentials = Secrets.admin(request.getSecretsMap());
    try (var _ = names.hold(id);
        Volume volume = volumes.require(id, credentials)) {
      requireOwnData(volume, id);
      return ControllerExpandVolumeResponse.newBuilder()
          .setCapacityBytes(grow(volume, size))
          .setNodeExpansionRequired(false)
          .build();
    }
  }

  private static void requireOwnData(Volume volume, String id) {
    if (volume.showsSnapshot()) {
      throw new CsiException.InvalidArgument(
          "volume %s only shows a snapshot, it cannot grow: make a writable volume of that snapshot, which can"
              .formatted(id));
    }
  }

  /** Gives back the quota that the volume has in the end. */
  private long grow(Volume volume, VolumeSize size) {
    // Where it is known to be smaller, the manager need not be asked first.
    long now =
        sizes.known(volume).stream()
            .filter(known -> known < size.bytes())
            .findFirst()
            .orElseGet(() -> sizes.ask(volume));
    if (now > size.limitBytes()) {
      throw new CsiException.OutOfRange(
          "the volume has %d bytes, more than limit_bytes %d: a volume cannot shrink, ask for at least as much"
              .formatted(now, size.limitBytes()));
    }
    if (now >= size.bytes()) {
      return now;
    }
    if (!volume.subvolumes().resize(volume.subvolume(), size.bytes())) {
      throw Volumes.missing(volume.id().text());
    }
    sizes.store(volume.pool(), volume.entry(), size.bytes());
    return size.bytes();
  }
}
