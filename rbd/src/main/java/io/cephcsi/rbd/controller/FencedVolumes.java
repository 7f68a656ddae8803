package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.util.Map;
import java.util.Optional;

/** Opens volumes for calls whose secrets are optional. */
record FencedVolumes(Volumes volumes, KnownUsers users) {
  /** Empty when there is no such volume. Whoever asks closes the answer. */
  Optional<Volume> find(String text, Map<String, String> secrets) {
    return VolumeHandle.of(text).flatMap(h -> volumes.open(h, credentials(h, secrets)));
  }

  /**
   * As {@link #find}.
   *
   * @throws io.cephcsi.csi.CsiException.NotFound when there is no such volume
   */
  Volume require(String text, Map<String, String> secrets) {
    return find(text, secrets).orElseThrow(() -> Volumes.missing(text));
  }

  /**
   * The id of the volume's image.
   *
   * @throws io.cephcsi.csi.CsiException.NotFound when it has none
   */
  String requireImage(Volume volume) {
    return volume
        .pool()
        .imageId(volume.entry().imageName())
        .orElseThrow(() -> Volumes.missing(volume.entry().imageName()));
  }

  private Credentials credentials(VolumeHandle handle, Map<String, String> secrets) {
    return secrets.isEmpty() ? users.of(handle.clusterId()) : Secrets.credentials(secrets);
  }
}
