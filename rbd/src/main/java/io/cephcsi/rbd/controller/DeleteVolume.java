package io.cephcsi.rbd.controller;

import csi.v1.DeleteVolumeRequest;
import csi.v1.DeleteVolumeResponse;
import io.cephcsi.ceph.Credentials;
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
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.util.List;
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
      VolumeTrash trash = trash(volume);
      there.ifPresent(trash::requireUnused);
      for (String id : there.map(List::of).orElseGet(() -> Purger.inTrash(pool, image))) {
        PurgeRecord record = journal.discardImage(pool, image, id);
        if (there.isPresent()) {
          trash.move(id, () -> pool.removeKeys(record.directory(), Set.of(record.key())));
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
      List<String> imageIds = trash(volume).moveAll();
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

  private VolumeTrash trash(Volume volume) {
    return new VolumeTrash(volume.opened(), volume.entry(), journal);
  }
}
