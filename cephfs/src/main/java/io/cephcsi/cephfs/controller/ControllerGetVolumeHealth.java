package io.cephcsi.cephfs.controller;

import csi.v1.ControllerGetVolumeHealthRequest;
import csi.v1.ControllerGetVolumeHealthResponse;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.cephfs.VolumeHealths;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.VolumeId;

/** Tells what is wrong with a volume as its cluster sees it, within two seconds. */
record ControllerGetVolumeHealth(VolumeHealths healths, KnownUsers users)
    implements Call<ControllerGetVolumeHealthRequest, ControllerGetVolumeHealthResponse> {

  @Override
  public ControllerGetVolumeHealthResponse answer(ControllerGetVolumeHealthRequest request) {
    String text = RequiredField.text("volume_id", request.getVolumeId());
    VolumeId id = VolumeId.of(text).orElseThrow(() -> Volumes.missing(text));
    return ControllerGetVolumeHealthResponse.newBuilder()
        .setVolumeHealth(HealthProblem.told(text, healths.of(id, credentials(request, id))))
        .build();
  }

  private Credentials credentials(ControllerGetVolumeHealthRequest request, VolumeId id) {
    return request.getSecretsMap().isEmpty()
        ? users.of(id.clusterId())
        : Secrets.admin(request.getSecretsMap());
  }
}
