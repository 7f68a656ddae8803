package io.cephcsi.rbd.controller;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.ControllerExpandVolumeResponse;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeSize;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;

/** Grows a volume's image, also while it is mapped; never shrinks it. */
record ControllerExpandVolume(Volumes volumes, NameLocks names)
    implements Call<ControllerExpandVolumeRequest, ControllerExpandVolumeResponse> {

  @Override
  public ControllerExpandVolumeResponse answer(ControllerExpandVolumeRequest request) {
    String id = RequiredField.text("volume_id", request.getVolumeId());
    RequiredField.require("capacity_range", request.hasCapacityRange());
    VolumeSize size = VolumeSize.of(request.getCapacityRange());
    Credentials credentials = Secrets.credentials(request.getSecretsMap());
    try (var _ = names.hold(id);
        Volume volume = volumes.require(id, credentials);
        Image image = open(volume, id)) {
      return ControllerExpandVolumeResponse.newBuilder()
          .setCapacityBytes(grow(image, size))
          .setNodeExpansionRequired(true)
          .build();
    }
  }

  @MustBeClosed
  private static Image open(Volume volume, String id) {
    try {
      return volume.pool().openImage(volume.entry().imageName());
    } catch (CephException e) {
      throw e.errno() == Errno.ENOENT ? Volumes.missing(id) : e;
    }
  }

  /** Gives back the size that the image has in the end. */
  private static long grow(Image image, VolumeSize size) {
    long now = image.sizeBytes();
    if (now > size.limitBytes()) {
      throw new CsiException.OutOfRange(
          "the volume has %d bytes, more than limit_bytes %d: a volume cannot shrink, ask for at least as much"
              .formatted(now, size.limitBytes()));
    }
    if (now >= size.bytes()) {
      return now;
    }
    try (var _ = Phase.IMAGE.begin()) {
      image.resize(size.bytes());
    }
    return size.bytes();
  }
}
