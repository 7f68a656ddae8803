package io.cephcsi.rbd.node;

import io.cephcsi.ceph.CephException;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.Patience;
import io.cephcsi.rbd.ClassParameter;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Puts a process behind the device of a staged volume again when its own has ended. Call it with
 * the volume held.
 */
record Revival(Volumes volumes, StagedUsers users, NodeFence fence) {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** The watch of a client that has ended lasts half a minute, as does its lock. */
  private static final Duration PATIENCE = Duration.ofSeconds(45);

  private static final Duration PAUSE = Duration.ofSeconds(1);

  /**
   * As {@link #revive}, for one who has to go on without it: waits as long as a client of another
   * machine has the image open that may be a controller's, or the ended one's own.
   */
  Devices.Held revivePatiently(String volumeId, Stash stash, Devices.Held lost) {
    var patience = new Patience(PATIENCE, PAUSE);
    while (true) {
      try {
        return revive(volumeId, stash, lost);
      } catch (CsiException.Unavailable e) {
        if (!patience.pauses()) {
          throw e;
        }
      }
    }
  }

  /**
   * @param lost the volume's device, not served
   * @throws CsiException when no user is known, or it fails; the message names the remedy
   * @throws CsiException.Unavailable when a client of another machine has the image open
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
      if (!readOnly) {
        requireOurs(volumeId, volume, imageId);
      }
      Set<String> before = fence.watchers(volume, imageId);
      Devices.Held held =
          lost.revived(MapRequest.of(volume, volumeId, imageId, readOnly, context(told, stash)));
      remember(volume, imageId, held, before);
      return held;
    }
  }

  /** This node may have been lost meanwhile, and another one have got the volume. */
  private void requireOurs(String volumeId, Volume volume, String imageId) {
    try {
      fence.requireNoOther(volume, imageId);
      ImageInUse.refuseElsewhere(volume, ImageSpec.of(volume));
    } catch (CsiException e) {
      if (!users.shared(volumeId)) {
        throw e;
      }
    }
  }

  /** The new process is another client. The pods go on with it, also when that is not noted. */
  private void remember(Volume volume, String imageId, Devices.Held held, Set<String> before) {
    try {
      fence.remember(volume, imageId, held.device(), before);
    } catch (CephException | CsiException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} of image {1} has a new client, by which this node cannot be fenced yet: {2}",
          held.device().path(),
          held.device().image(),
          e.getMessage());
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
    context.put(ClassParameter.LOG_DIRECTORY.key(), stash.logDirectory());
    return context;
  }
}
