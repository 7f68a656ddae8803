package io.cephcsi.csi;

import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.ValidateVolumeCapabilitiesResponse;
import csi.v1.ValidateVolumeCapabilitiesResponse.Confirmed;
import java.util.Optional;

/** Whether a volume can have what was asked for, as CSI tells it. */
public final class CapabilitiesAnswer {
  private CapabilitiesAnswer() {}

  /** All of it is confirmed unless there is something in the way. */
  public static ValidateVolumeCapabilitiesResponse of(
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
