package io.cephcsi.rbd.controller;

import csi.v1.ControllerGetVolumeHealthRequest;
import csi.v1.ControllerGetVolumeHealthResponse;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.VolumeHealths;
import io.cephcsi.rbd.Volumes;

/** Tells what is wrong with a volume as its cluster sees it, within two seconds. */
record ControllerGetVolumeHealth(VolumeHealths healths, KnownUsers users)
    implements Call<ControllerGetVolumeHealthRequest, ControllerGetVolumeHealthResponse> {

  @Override
  public ControllerGetVolumeHealthResponse answer(ControllerGetVolumeHealthRequest request) {
    String text = RequiredField.text("volume_id", request.getVolumeId());
    VolumeHandle handle = VolumeHandle.of(text).orElseThrow(() -> Volumes.missing(text));
    return ControllerGetVolumeHealthResponse.newBuilder()
        .setVolumeHealth(
            HealthProblem.told(text, healths.of(text, handle, credentials(request, handle))))
        .build();
  }

  private Credentials credentials(ControllerGetVolumeHealthRequest request, VolumeHandle handle) {
    return request.getSecretsMap().isEmpty()
        ? users.of(handle.clusterId())
        : Secrets.credentials(request.getSecretsMap());
  }
}
