package io.cephcsi.rbd.controller;

import csi.v1.DeleteVolumeRequest;
import csi.v1.DeleteVolumeResponse;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.ImageWatchers;
import io.cephcsi.rbd.Secrets;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;
import java.time.Duration;
import java.util.Optional;

/**
 * Deletes a volume: its image goes to the trash, its name is free again, and the purge happens in
 * the background.
 *
 * <p>In that order: a crash behind the first step leaves a name that still owns the UUID, and the
 * repeated call goes on from there; a crash behind the second leaves what {@link Purger} takes up.
 */
record DeleteVolume(Volumes volumes, VolumeJournal journal, Purger purger, NameLocks names)
    implements Call<DeleteVolumeRequest, DeleteVolumeResponse> {
  /** What ceph-csi calls the image between a volume and the one it was cloned from. */
  private static final String CLONE_SUFFIX = "-temp";

  @Override
  public DeleteVolumeResponse answer(DeleteVolumeRequest request) {
    if (request.getVolumeId().isEmpty()) {
      throw new CsiException.InvalidArgument("volume_id is missing");
    }
    Optional<VolumeId> id = VolumeId.of(request.getVolumeId());
    if (id.isPresent()) {
      Credentials credentials = Secrets.credentials(request.getSecretsMap());
      try (var _ = names.hold(request.getVolumeId())) {
        volumes.open(id.get(), credentials).ifPresent(this::delete);
      }
    }
    return DeleteVolumeResponse.getDefaultInstance();
  }

  private void delete(Volume opened) {
    try (Volume volume = opened;
        var _ = names.hold(volume.entry().requestName())) {
      VolumeEntry entry = volume.entry();
      Optional<String> imageId = trash(volume.pool(), entry);
      trashIntermediate(volume);
      journal.forgetName(Stores.of(volume.pool()), entry);
      purger.purge(volume.opened(), entry.uuid(), imageId.orElse(""));
      purger.resume(volume.opened());
    }
  }

  /** Moves the image to the trash, or finds that it went there before; empty when none was made. */
  private static Optional<String> trash(Pool pool, VolumeEntry entry) {
    Optional<String> imageId =
        entry.imageId().isEmpty() ? pool.imageId(entry.imageName()) : Optional.of(entry.imageId());
    imageId.ifPresent(id -> requireUnused(pool, entry, id));
    try {
      pool.trashMove(entry.imageName(), Duration.ZERO);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    return imageId;
  }

  private static void requireUnused(Pool pool, VolumeEntry entry, String imageId) {
    if (!watched(pool, imageId)) {
      return;
    }
    var watchers = ImageWatchers.of(pool, entry.imageName());
    if (!watchers.all().isEmpty()) {
      throw new CsiException.FailedPrecondition(
          "image %s/%s is in use by %s: unstage the volume there first"
              .formatted(pool.name(), entry.imageName(), watchers.addresses()));
    }
  }

  private static boolean watched(Pool pool, String imageId) {
    try {
      return pool.imageWatched(imageId);
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return false;
      }
      throw e;
    }
  }

  /** A clone of ceph-csi's has an image beside it that nobody else deletes. */
  private void trashIntermediate(Volume volume) {
    Pool pool = volume.pool();
    String name = volume.entry().imageName() + CLONE_SUFFIX;
    Optional<String> id = pool.imageId(name);
    if (id.isPresent()) {
      pool.trashMove(name, Duration.ZERO);
      purger.purgeAlone(volume.opened(), id.get());
    }
  }
}
