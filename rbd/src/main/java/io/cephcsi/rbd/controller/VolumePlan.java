package io.cephcsi.rbd.controller;

import csi.v1.CreateVolumeRequest;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.Secrets;
import java.nio.charset.StandardCharsets;

/** A CreateVolume request, checked as far as that goes without a cluster. */
record VolumePlan(
    String name, ClassParameters parameters, VolumeSize size, Credentials credentials) {
  /**
   * The name becomes a key in an omap; CSI allows 128 bytes, we take longer ones that still fit.
   */
  private static final int LONGEST_NAME = 1024;

  /**
   * Reads and checks the request.
   *
   * @throws CsiException.InvalidArgument when anything in it is wrong
   * @throws CsiException.OutOfRange when no size fits its capacity range
   */
  static VolumePlan of(CreateVolumeRequest request) {
    requireName(request.getName());
    Capabilities.requireForBlank(request.getVolumeCapabilitiesList());
    if (request.hasVolumeContentSource()) {
      throw new CsiException.InvalidArgument(
          "volume_content_source: snapshots and clones are not supported yet");
    }
    if (!request.getMutableParamsMap().isEmpty()) {
      throw new CsiException.InvalidArgument(
          "mutable_parameters: this driver has none, it got "
              + request.getMutableParamsMap().keySet());
    }
    var parameters = new ClassParameters(request.getParametersMap());
    requireParameters(parameters);
    var size =
        request.hasCapacityRange()
            ? VolumeSize.of(request.getCapacityRange())
            : VolumeSize.unasked();
    return new VolumePlan(
        request.getName(), parameters, size, Secrets.credentials(request.getSecretsMap()));
  }

  private static void requireName(String name) {
    if (name.isEmpty()) {
      throw new CsiException.InvalidArgument("name is missing");
    }
    if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
      throw new CsiException.InvalidArgument(
          "name is longer than %d bytes: %s…".formatted(LONGEST_NAME, name.substring(0, 40)));
    }
    if (name.chars().anyMatch(c -> c == '/' || Character.isISOControl(c))) {
      throw new CsiException.InvalidArgument(
          "name \"%s\" has a slash or a control character".formatted(name.strip()));
    }
  }

  /** Wrong parameters are told before anything is asked of a cluster. */
  private static void requireParameters(ClassParameters parameters) {
    var _ = parameters.clusterId();
    var _ = parameters.pool();
    var _ = parameters.namePrefix();
    var _ = parameters.imageOptions();
  }
}
