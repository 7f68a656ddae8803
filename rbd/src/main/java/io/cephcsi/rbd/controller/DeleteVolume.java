package io.cephcsi.rbd.controller;

import csi.v1.DeleteVolumeRequest;
import csi.v1.DeleteVolumeResponse;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.journal.PurgeRecord;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.FlatteningClient;
import io.cephcsi.rbd.ImageWatchers;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Deletes a volume: its image goes to the trash, its name is free again, and the purge happens in
 * the background.
 *
 * <p>In that order: a crash behind the first step leaves a name that still owns the UUID, and the
 * repeated call goes on from there; a crash behind the second leaves what {@link CutOffWork} takes
 * up.
 */
record DeleteVolume(
    Volumes volumes, VolumeJournal journal, Purger purger, CutOffWork cutOff, NameLocks names)
    implements Call<DeleteVolumeRequest, DeleteVolumeResponse> {
  @Override
  public DeleteVolumeResponse answer(DeleteVolumeRequest request) {
    RequiredField.require("volume_id", !request.getVolumeId().isEmpty());
    Optional<VolumeHandle> handle = handle(request.getVolumeId());
    if (handle.isPresent()) {
      Credentials credentials = Secrets.credentials(request.getSecretsMap());
      try (var _ = names.hold(request.getVolumeId())) {
        delete(handle.get(), credentials);
      }
    }
    return DeleteVolumeResponse.getDefaultInstance();
  }

  /** What no volume can have as its id is gone. */
  private static Optional<VolumeHandle> handle(String id) {
    try {
      return VolumeHandle.of(id);
    } catch (CsiException.InvalidArgument e) {
      return Optional.empty();
    }
  }

  private void delete(VolumeHandle handle, Credentials credentials) {
    switch (handle) {
      case VolumeHandle.Journaled _ ->
          volumes.open(handle, credentials).ifPresent(this::deleteJournaled);
      case VolumeHandle.InTree _ -> volumes.open(handle, credentials).ifPresent(this::deleteInTree);
      case VolumeHandle.Static(_, var pool, var image) ->
          throw new CsiException.FailedPrecondition(
              "image %s/%s was not made by a CSI driver: remove it by rbd rm, if it is not needed"
                  .formatted(pool, image));
    }
  }

  /** No journal knows it, so that the record of its purge comes first. */
  private void deleteInTree(Volume opened) {
    try (Volume volume = opened) {
      Pool pool = volume.pool();
      String image = volume.entry().imageName();
      Optional<String> there = pool.imageId(image);
      there.ifPresent(id -> requireUnused(volume, id));
      for (String id : there.map(List::of).orElseGet(() -> Purger.inTrash(pool, image))) {
        PurgeRecord record = journal.discardImage(pool, image, id);
        if (there.isPresent()) {
          trashMove(volume, id, () -> pool.removeKeys(record.directory(), Set.of(record.key())));
        }
        purger.purge(volume.opened(), new Purger.Discarded(record, image, List.of(id)));
      }
      cutOff.resume(volume.opened());
    }
  }

  private void deleteJournaled(Volume opened) {
    try (Volume volume = opened;
        var _ = names.hold(volume.entry().requestName())) {
      VolumeEntry entry = volume.entry();
      List<String> imageIds = trash(volume);
      try (var _ = Phase.JOURNAL.begin()) {
        JournalPool.run(
            volume.opened(),
            entry.journalPool(),
            stores -> journal.discardName(stores, entry, imageIds));
      }
      purger.purge(
          volume.opened(),
          new Purger.Discarded(journal.purgeRecord(entry.uuid()), entry.imageName(), imageIds));
      cutOff.resume(volume.opened());
    }
  }

  /**
   * Moves the image to the trash, and the one that ceph-csi may have beside it, or finds that they
   * went there before.
   *
   * @return their ids, in the order of purging; none when no image was made, or only the trash
   *     tells its id
   */
  private List<String> trash(Volume volume) {
    Pool pool = volume.pool();
    String image = volume.entry().imageName();
    String intermediate = IntermediateImage.of(image);
    // By its name: an image that was replaced has another id than the journal knows.
    Map<String, String> there = pool.imageIds(List.of(image, intermediate));
    String id = there.getOrDefault(image, volume.entry().imageId());
    List<String> ids = new ArrayList<>();
    if (id.isEmpty()) {
      journal.discard(pool, volume.entry().uuid());
    } else {
      trash(volume, id);
      ids.add(id);
    }
    if (there.containsKey(intermediate)) {
      pool.trashMove(intermediate, Duration.ZERO);
      ids.add(there.get(intermediate));
    } else if (!there.containsKey(image)) {
      ids.addAll(Purger.inTrash(pool, intermediate)); // a call before this one was cut off
    }
    return ids;
  }

  private void trash(Volume volume, String imageId) {
    Pool pool = volume.pool();
    String uuid = volume.entry().uuid();
    requireUnused(volume, imageId);
    if (volume.entry().imageId().isEmpty()) {
      journal.discard(pool, uuid);
    } else {
      journal.discard(pool, uuid, imageId);
    }
    trashMove(volume, imageId, () -> journal.restore(pool, uuid));
  }

  /**
   * Ceph moves an image that is open, too. So once more: whoever came between the look and the move
   * keeps the image, and the deletion is taken back.
   */
  private static void trashMove(Volume volume, String imageId, Runnable takeBack) {
    Pool pool = volume.pool();
    String image = volume.entry().imageName();
    try (var _ = Phase.IMAGE.begin()) {
      pool.trashMove(image, Duration.ZERO);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        takeBack.run();
        throw refused(volume, imageId, e);
      }
      return; // a call before this one did it
    }
    try {
      requireUnused(volume, imageId);
    } catch (CsiException.FailedPrecondition e) {
      pool.trashRestore(imageId, image);
      takeBack.run();
      throw e;
    }
  }

  private static RuntimeException refused(Volume volume, String imageId, CephException e) {
    try (Image image = volume.pool().openImageByIdReadOnly(imageId)) {
      return image.secondary()
          ? new CsiException.FailedPrecondition(
              "image %s/%s is mirrored here from another cluster: delete it there, or promote it here first (rbd mirror image promote)"
                  .formatted(volume.pool().name(), volume.entry().imageName()))
          : e;
    } catch (CephException failure) {
      e.addSuppressed(failure);
      return e;
    }
  }

  private static void requireUnused(Volume volume, String imageId) {
    Pool pool = volume.pool();
    VolumeEntry entry = volume.entry();
    if (!watched(pool, imageId)) {
      return;
    }
    // This driver itself has it open while it removes or flattens a clone of it; another one may
    // flatten it.
    var watchers =
        ImageWatchers.ofId(volume.opened(), imageId)
            .without(volume.opened().cluster())
            .withoutClient(FlatteningClient.of(pool, imageId));
    if (watchers.moreThan(0)) {
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
}
