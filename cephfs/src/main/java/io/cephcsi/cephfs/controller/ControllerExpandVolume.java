package io.cephcsi.cephfs.controller;

import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.ControllerExpandVolumeResponse;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeSize;
import io.cephcsi.journal.VolumeJournal;

/** Grows a volume's quota, also while it is mounted; never makes it less. */
record ControllerExpandVolume(Volumes volumes, VolumeJournal journal, NameLocks names)
    implements Call<ControllerExpandVolumeRequest, ControllerExpandVolumeResponse> {

  @Override
  public ControllerExpandVolumeResponse answer(ControllerExpandVolumeRequest request) {
    String id = request.getVolumeId();
    if (id.isEmpty()) {
      throw new CsiException.InvalidArgument("volume_id is missing: the caller must set it");
    }
    if (!request.hasCapacityRange()) {
      throw new CsiException.InvalidArgument("capacity_range is missing: the caller must set it");
    }
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
    long known = volume.entry().sizeBytes();
    // Of a volume that this driver made smaller the manager need not be asked: it can only have
    // grown by hand since, and whoever did that says by this call what it shall be.
    long now = known > 0 && known < size.bytes() ? known : quota(volume);
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
    journal.storeSize(volume.pool(), volume.entry().uuid(), size.bytes());
    return size.bytes();
  }

  /** As the manager says; 0 for a volume without bound, which gets one by this. */
  private static long quota(Volume volume) {
    Subvolume subvolume =
        volume
            .subvolumes()
            .find(volume.subvolume())
            .orElseThrow(() -> Volumes.missing(volume.id().text()));
    return switch (subvolume) {
      case Subvolume.Live live -> live.quotaBytes();
      case Subvolume.Unfinished _ ->
          throw new CsiException.Aborted(
              "volume %s is a copy that is not complete, ask again".formatted(volume.id().text()));
      case Subvolume.HalfMade _ -> throw Volumes.halfMade(volume.id().text());
      case Subvolume.Retained _ -> throw Volumes.missing(volume.id().text());
    };
  }
}
