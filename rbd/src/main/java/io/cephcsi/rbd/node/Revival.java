package io.cephcsi.rbd.node;

import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;
import java.util.HashMap;
import java.util.Map;

/**
 * Puts a process behind the device of a staged volume again when its own has ended. Call it with
 * the volume held.
 */
record Revival(Volumes volumes, StagedUsers users) {
  /**
   * @param lost the volume's device, not served
   * @throws CsiException when no user is known, or it fails; the message names the remedy
   */
  Devices.Held revive(String volumeId, Stash stash, Devices.Held lost) {
    StagedUsers.Told told = users.find(volumeId).orElseThrow(() -> unknown(volumeId, lost));
    try (Volume volume = volumes.require(volumeId, told.credentials())) {
      requireSame(volume, stash, lost);
      String imageId =
          volume
              .pool()
              .imageId(volume.entry().imageName())
              .orElseThrow(() -> Volumes.missing(volumeId));
      boolean readOnly = lost.device().readOnly();
      return lost.revived(MapRequest.of(volume, volumeId, imageId, readOnly, context(told, stash)));
    }
  }

  private static CsiException unknown(String volumeId, Devices.Held lost) {
    return new CsiException.FailedPrecondition(
        "rbd-nbd behind %s of volume %s has ended, and no Ceph user is known to start it again: let the driver read PersistentVolumes, VolumeAttachments and Secrets of Kubernetes, or put a user into the keyring file"
            .formatted(lost.device().path(), volumeId));
  }

  private static void requireSame(Volume volume, Stash stash, Devices.Held lost) {
    if (!ImageSpec.of(volume).equals(stash.spec())) {
      throw new CsiException.FailedPrecondition(
          "%s was staged as image %s, and the volume is image %s: unmap it by hand"
              .formatted(lost.device().path(), stash.spec(), ImageSpec.of(volume)));
    }
  }

  private static Map<String, String> context(StagedUsers.Told told, Stash stash) {
    Map<String, String> context = new HashMap<>(told.context());
    context.put("cephLogDir", stash.logDirectory());
    return context;
  }
}
