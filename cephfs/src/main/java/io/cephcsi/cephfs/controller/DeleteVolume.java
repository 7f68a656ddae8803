package io.cephcsi.cephfs.controller;

import csi.v1.DeleteVolumeRequest;
import csi.v1.DeleteVolumeResponse;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.Secrets;
import io.cephcsi.csi.Call;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.RequiredField;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeJournal;
import java.util.Optional;

/**
 * Deletes a volume: its subvolume, of which snapshots stay, then its name, then its object.
 *
 * <p>In that order: a crash anywhere leaves what the repeated call, or the next one of the same
 * name, goes on from.
 */
record DeleteVolume(Volumes volumes, VolumeJournal journal, ShownSnapshots shown, NameLocks names)
    implements Call<DeleteVolumeRequest, DeleteVolumeResponse> {
  @Override
  public DeleteVolumeResponse answer(DeleteVolumeRequest request) {
    String id = RequiredField.text("volume_id", request.getVolumeId());
    Optional<VolumeId> decoded = VolumeId.of(id);
    if (decoded.isPresent()) {
      var credentials = Secrets.admin(request.getSecretsMap());
      try (var _ = names.hold(id)) {
        volumes.open(decoded.get(), credentials).ifPresent(this::delete);
      }
    }
    return DeleteVolumeResponse.getDefaultInstance();
  }

  private void delete(Volume opened) {
    try (Volume volume = opened;
        var _ = names.hold(volume.entry().requestName())) {
      if (volume.showsSnapshot()) {
        shown.hide(volume.opened(), volume.entry());
      } else {
        journal.discard(volume.pool(), volume.entry().uuid());
        removeOrKeep(volume);
      }
      journal.undo(Stores.of(volume.pool()), volume.entry());
    }
  }

  private void removeOrKeep(Volume volume) {
    try {
      if (!remove(volume)) {
        OtherGroups.requireNone(
            volume.opened(), "volume " + volume.id().text(), other -> has(other, volume));
      }
    } catch (CsiException.FailedPrecondition e) {
      throw Undo.after(e, () -> journal.restore(volume.pool(), volume.entry().uuid()));
    }
  }

  /** One of which only snapshots are left was deleted. */
  private static boolean has(Subvolumes other, Volume volume) {
    return other
        .find(volume.subvolume())
        .filter(s -> !(s instanceof Subvolume.Retained))
        .isPresent();
  }

  /** A clone that is not complete is nobody's yet, so that it goes without being asked. */
  private static boolean remove(Volume volume) {
    try {
      return volume.subvolumes().remove(volume.subvolume());
    } catch (CsiException.Aborted e) {
      volume.subvolumes().removeUnfinished(volume.subvolume());
      return true;
    }
  }
}
