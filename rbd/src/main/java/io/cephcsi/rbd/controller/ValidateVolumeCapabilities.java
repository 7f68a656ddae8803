package io.cephcsi.rbd.controller;

import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.ValidateVolumeCapabilitiesResponse;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CapabilitiesAnswer;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;
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
    var credentials = Secrets.credentials(request.getSecretsMap());
    try (Volume volume = volumes.require(id, credentials)) {
      if (volume.pool().imageId(volume.entry().imageName()).isEmpty()) {
        throw Volumes.missing(id);
      }
      return CapabilitiesAnswer.of(request, trouble(request));
    }
  }

  private static Optional<String> trouble(ValidateVolumeCapabilitiesRequest request) {
    return request.getVolumeCapabilitiesList().stream()
        .flatMap(c -> Capabilities.trouble(c).stream())
        .findFirst();
  }
}
