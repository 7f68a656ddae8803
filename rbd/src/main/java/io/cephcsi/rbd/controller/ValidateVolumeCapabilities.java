package io.cephcsi.rbd.controller;

import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.ValidateVolumeCapabilitiesResponse;
import csi.v1.ValidateVolumeCapabilitiesResponse.Confirmed;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;
import java.util.Optional;

/** Tells whether an existing volume can have the capabilities; looks that it exists. */
record ValidateVolumeCapabilities(Volumes volumes)
    implements Call<ValidateVolumeCapabilitiesRequest, ValidateVolumeCapabilitiesResponse> {

  @Override
  public ValidateVolumeCapabilitiesResponse answer(ValidateVolumeCapabilitiesRequest request) {
    String id = request.getVolumeId();
    if (id.isEmpty()) {
      throw new CsiException.InvalidArgument("volume_id is missing");
    }
    if (request.getVolumeCapabilitiesCount() == 0) {
      throw new CsiException.InvalidArgument("volume_capabilities is empty: name at least one");
    }
    var credentials = Secrets.credentials(request.getSecretsMap());
    try (Volume volume = volumes.require(id, credentials)) {
      if (volume.pool().imageId(volume.entry().imageName()).isEmpty()) {
        throw Volumes.missing(id);
      }
      return answer(request, trouble(request));
    }
  }

  private static Optional<String> trouble(ValidateVolumeCapabilitiesRequest request) {
    return request.getVolumeCapabilitiesList().stream()
        .flatMap(c -> Capabilities.trouble(c).stream())
        .findFirst();
  }

  private static ValidateVolumeCapabilitiesResponse answer(
      ValidateVolumeCapabilitiesRequest request, Optional<String> trouble) {
    var answer = ValidateVolumeCapabilitiesResponse.newBuilder();
    if (trouble.isPresent()) {
      return answer.setMessage(trouble.get()).build();
    }
    return answer
        .setConfirmed(
            Confirmed.newBuilder()
                .addAllVolumeCapabilities(request.getVolumeCapabilitiesList())
                .putAllVolumeContext(request.getVolumeContextMap())
                .putAllParameters(request.getParametersMap()))
        .build();
  }
}
