package io.cephcsi.cephfs.controller;

import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.ValidateVolumeCapabilitiesResponse;
import csi.v1.VolumeCapability;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CapabilitiesAnswer;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequiredField;
import java.util.List;
import java.util.Optional;

/** Tells whether an existing volume can have the capabilities; looks that it exists. */
record ValidateVolumeCapabilities(Volumes volumes)
    implements Call<ValidateVolumeCapabilitiesRequest, ValidateVolumeCapabilitiesResponse> {

  @Override
  public ValidateVolumeCapabilitiesResponse answer(ValidateVolumeCapabilitiesRequest request) {
    String id = RequiredField.text("volume_id", request.getVolumeId());
    if (request.getVolumeCapabilitiesCount() == 0) {
      throw new CsiException.InvalidArgument("volume_capabilities is empty: name at least one");
    }
    var credentials = Secrets.admin(request.getSecretsMap());
    try (Volume volume = volumes.require(id, credentials)) {
      requireThere(volume, id);
      return CapabilitiesAnswer.of(request, trouble(volume, request.getVolumeCapabilitiesList()));
    }
  }

  private static void requireThere(Volume volume, String id) {
    boolean there =
        volume.showsSnapshot()
            || volume
                .subvolumes()
                .find(volume.subvolume())
                .filter(s -> s instanceof Subvolume.Live)
                .isPresent();
    if (!there) {
      throw Volumes.missing(id);
    }
  }

  private static Optional<String> trouble(Volume volume, List<VolumeCapability> capabilities) {
    Optional<String> trouble =
        capabilities.stream().flatMap(c -> Capabilities.trouble(c).stream()).findFirst();
    if (trouble.isEmpty() && volume.showsSnapshot() && !Capabilities.readOnly(capabilities)) {
      return Optional.of("the volume only shows a snapshot, it can be read but not written");
    }
    return trouble;
  }
}
