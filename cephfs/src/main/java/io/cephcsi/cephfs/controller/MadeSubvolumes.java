package io.cephcsi.cephfs.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.Undo;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.Reservation;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The subvolumes behind volume names: made once for each, found again by the journal. */
final class MadeSubvolumes {
  private final VolumeJournal journal;
  private final Clones clones;
  private final ShownSnapshots shown;
  private final VolumeSizes sizes;
  private final ControllerSettings settings;

  MadeSubvolumes(
      VolumeJournal journal,
      Clones clones,
      ShownSnapshots shown,
      VolumeSizes sizes,
      ControllerSettings settings) {
    this.journal = journal;
    this.clones = clones;
    this.shown = shown;
    this.sizes = sizes;
    this.settings = settings;
  }

  /** The subvolume of the plan's name; call it with the name held. */
  MadeSubvolume findOrMake(OpenFileSystem opened, VolumePlan plan) {
    return switch (reserve(opened.pool(), plan)) {
      case Reservation.Fresh(var entry) -> makeOrUndo(opened, plan, entry, true);
      case Reservation.Found(var entry) -> find(opened, plan, entry);
    };
  }

  private Reservation reserve(Pool pool, VolumePlan plan) {
    try (var _ = Phase.JOURNAL.begin()) {
      return journal.reserve(Stores.of(pool), plan.reservation());
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  private MadeSubvolume find(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    plan.requireSameWish(entry);
    requirePlain(plan, entry);
    if (plan.showsSnapshot()) {
      return makeOrUndo(opened, plan, entry, false);
    }
    Optional<Subvolume> there = opened.subvolumes().find(entry.imageName());
    return switch (there.orElse(new Subvolume.Retained())) {
      case Subvolume.Live live -> complete(opened, plan, entry, live.path(), live.quotaBytes());
      case Subvolume.Unfinished _ -> goOn(opened, plan, entry);
      case Subvolume.HalfMade _ -> {
        removeHalfMade(opened, entry);
        yield makeOrUndo(opened, plan, entry, false);
      }
      case Subvolume.Retained _ -> remake(opened, plan, entry, there.isPresent());
    };
  }

  private static void requirePlain(VolumePlan plan, VolumeEntry entry) {
    if (entry.encrypted()) {
      throw new CsiException.AlreadyExists(
          "volume %s exists and is encrypted, by ceph-csi; it is asked for plain: delete it or take another name"
              .formatted(plan.name()));
    }
  }

  /**
   * The manager would take the rest for a subvolume of an old Ceph, which cannot keep its
   * snapshots. Of ceph-csi's it may be one, with data in it.
   */
  private static void removeHalfMade(OpenFileSystem opened, VolumeEntry entry) {
    if (!entry.parameters().isEmpty()) {
      opened.subvolumes().remove(entry.imageName());
    }
  }

  private MadeSubvolume goOn(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    if (plan.source().isEmpty()) {
      throw new CsiException.AlreadyExists(
          "volume %s is just made as a copy, which is not what is asked for: delete it or take another name"
              .formatted(plan.name()));
    }
    return makeOrUndo(opened, plan, entry, false);
  }

  /**
   * Nothing is there to be used: the call before stopped after the reservation, or a deletion
   * stopped half-way. That one is finished, and the name starts anew.
   */
  private MadeSubvolume remake(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, boolean retained) {
    if (!retained && !entry.discarded()) {
      return makeOrUndo(opened, plan, entry, false);
    }
    journal.undo(Stores.of(opened.pool()), entry);
    return findOrMake(opened, plan);
  }

  /**
   * Makes it.
   *
   * @param fresh whether nothing of the volume was there before this call: then nothing stays after
   *     a failure; else a call that comes later may still go on with it
   */
  private MadeSubvolume makeOrUndo(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, boolean fresh) {
    try {
      return make(opened, plan, entry, fresh);
    } catch (CsiException.Aborted | CsiException.Unavailable e) {
      throw e; // it may yet come to be, and the next call finds it by the reservation
    } catch (CsiException e) {
      throw Undo.after(e, () -> undo(opened, plan, entry));
    } catch (CephException e) {
      if (CephFailures.meaning(e) instanceof CsiException.Unavailable unavailable) {
        throw unavailable;
      }
      throw Undo.after(CephFailures.meaning(e), () -> undo(opened, plan, entry));
    }
  }

  private MadeSubvolume make(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, boolean fresh) {
    if (plan.showsSnapshot()) {
      return shown.show(opened, plan, entry, fresh);
    }
    Subvolumes subvolumes = opened.subvolumes();
    String name = entry.imageName();
    if (plan.source().isPresent()) {
      Subvolume.Live copy = clones.make(opened, plan, entry, fresh);
      return complete(opened, plan, entry, copy.path(), copy.quotaBytes());
    }
    long bytes = plan.size().bytes();
    String path = create(subvolumes, plan, name);
    if (path.equals(subvolumes.directory(name))) {
      // The command was sent once more, to a manager that found what another one had begun.
      removeHalfMade(opened, entry);
      path = create(subvolumes, plan, name);
    }
    return complete(opened, plan, entry, path, bytes);
  }

  /** Gives back the path. */
  private static String create(Subvolumes subvolumes, VolumePlan plan, String name) {
    subvolumes.create(name, plan.size().bytes(), plan.parameters().dataPool());
    return subvolumes
        .path(name)
        .orElseThrow(() ->
            new CsiException.Aborted(
                "subvolume %s was removed while it was made, ask again".formatted(name)));
  }

  /** What follows the subvolume itself; each can be repeated. */
  private MadeSubvolume complete(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, String path, long quotaBytes) {
    long bytes = quotaBytes;
    if (plan.source().isPresent()) {
      bytes = clones.complete(opened, plan, entry, quotaBytes);
    }
    Map<String, String> metadata = metadata(plan);
    if (!metadata.isEmpty()) {
      var _ = opened.subvolumes().putMetadata(entry.imageName(), metadata);
    }
    sizes.store(opened.pool(), entry, bytes);
    return new MadeSubvolume(entry, path, bytes);
  }

  private Map<String, String> metadata(VolumePlan plan) {
    if (!settings.setMetadata()) {
      return Map.of();
    }
    Map<String, String> metadata = new TreeMap<>(plan.parameters().kubernetesNames());
    if (!settings.clusterName().isEmpty()) {
      metadata.put(KubernetesNames.CLUSTER_NAME, settings.clusterName());
    }
    return metadata;
  }

  private void undo(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    if (plan.showsSnapshot()) {
      shown.hide(opened, entry);
    } else {
      opened.subvolumes().removeUnfinished(entry.imageName());
      clones.clean(opened, plan, entry);
    }
    journal.undo(Stores.of(opened.pool()), entry);
  }
}
