package io.cephcsi.cephfs.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.cluster.Making;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Phase;
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
      case Reservation.Fresh(var entry) ->
          makeOrUndo(
              opened,
              plan,
              entry,
              Making.begun(journal, entry.uuid(), "subvolume", entry.imageName()));
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
    if (entry.sizeBytes().isPresent()) {
      return findWhole(opened, plan, entry);
    }
    if (entry.discarded()) {
      return finishDeletion(opened, plan, entry);
    }
    var making =
        Making.takenOver(journal, opened.pool(), entry.uuid(), "subvolume", entry.imageName());
    return goOn(opened, plan, entry, making);
  }

  private static void requirePlain(VolumePlan plan, VolumeEntry entry) {
    if (entry.encrypted()) {
      throw new CsiException.AlreadyExists(
          "volume %s exists and is encrypted, by ceph-csi; it is asked for plain: delete it or take another name"
              .formatted(plan.name()));
    }
  }

  /** One that an earlier call may have answered with, so that nothing of it is ever undone. */
  private MadeSubvolume findWhole(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    if (plan.showsSnapshot()) {
      return shown.show(opened, plan, entry, false);
    }
    Optional<Subvolume> there = opened.subvolumes().find(entry.imageName());
    return switch (there.orElse(new Subvolume.Retained())) {
      case Subvolume.Live live -> {
        describe(opened, plan, entry);
        sizes.store(opened.pool(), entry, live.quotaBytes());
        yield new MadeSubvolume(entry, live.path(), live.quotaBytes());
      }
      case Subvolume.Unfinished _ -> throw Making.elsewhere("subvolume", entry.imageName());
      case Subvolume.HalfMade _ when entry.discarded() -> {
        removeParts(opened, plan, entry);
        yield anew(opened, plan, entry);
      }
      case Subvolume.HalfMade _ -> throw Volumes.metadataLost(opened, entry);
      case Subvolume.Retained _ -> anew(opened, plan, entry);
    };
  }

  /**
   * A deletion, or an undo, was stopped half-way. It is finished, and the name starts anew; but
   * what ceph-csi made and is still there is as good as before.
   */
  private MadeSubvolume finishDeletion(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    if (entry.ofCephCsi() && !plan.showsSnapshot()) {
      Optional<Subvolume> there = opened.subvolumes().find(entry.imageName());
      if (there.isPresent() && there.get() instanceof Subvolume.Live live) {
        long bytes = grown(opened, plan, entry, live.quotaBytes());
        describe(opened, plan, entry);
        return new MadeSubvolume(entry, live.path(), bytes);
      }
    }
    removeParts(opened, plan, entry);
    return anew(opened, plan, entry);
  }

  private MadeSubvolume anew(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    journal.undo(Stores.of(opened.pool()), entry);
    return findOrMake(opened, plan);
  }

  /** The call before stopped after the reservation, or amid the subvolume. */
  private MadeSubvolume goOn(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, Making making) {
    if (plan.showsSnapshot()) {
      return makeOrUndo(opened, plan, entry, making);
    }
    Optional<Subvolume> there = opened.subvolumes().find(entry.imageName());
    return switch (there.orElse(new Subvolume.Retained())) {
      case Subvolume.Live live ->
          complete(opened, plan, entry, making, live.path(), live.quotaBytes());
      case Subvolume.Unfinished _ -> goOnWithCopy(opened, plan, entry, making);
      case Subvolume.HalfMade _ -> {
        removeHalfMade(opened, entry, making);
        yield makeOrUndo(opened, plan, entry, making);
      }
      case Subvolume.Retained _ when there.isPresent() -> anew(opened, plan, entry);
      case Subvolume.Retained _ -> {
        making.requireOurs(opened.pool()); // else what another process answered got this quota
        yield makeOrUndo(opened, plan, entry, making);
      }
    };
  }

  private MadeSubvolume goOnWithCopy(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, Making making) {
    if (plan.source().isEmpty()) {
      throw new CsiException.AlreadyExists(
          "volume %s is just made as a copy, which is not what is asked for: delete it or take another name"
              .formatted(plan.name()));
    }
    return makeOrUndo(opened, plan, entry, making);
  }

  /**
   * The manager would take the rest for a subvolume of an old Ceph, which cannot keep its
   * snapshots. Of ceph-csi's it may be one, with data in it; and another process may have made it
   * whole since it was looked at.
   */
  private static void removeHalfMade(OpenFileSystem opened, VolumeEntry entry, Making making) {
    if (!entry.ofCephCsi()) {
      making.requireOurs(opened.pool());
      var _ = opened.subvolumes().remove(entry.imageName());
    }
  }

  private MadeSubvolume makeOrUndo(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, Making making) {
    try {
      return make(opened, plan, entry, making);
    } catch (CsiException e) {
      throw settled(e, opened, plan, entry, making);
    } catch (CephException e) {
      throw settled(CephFailures.meaning(e), opened, plan, entry, making);
    }
  }

  /** Undoes the reservation, unless a call that comes later goes on with it. */
  private RuntimeException settled(
      RuntimeException failure,
      OpenFileSystem opened,
      VolumePlan plan,
      VolumeEntry entry,
      Making making) {
    if (failure instanceof CsiException.Aborted || failure instanceof CsiException.Unavailable) {
      return failure; // it may yet come to be, and the next call finds it by the reservation
    }
    boolean undone =
        making.undo(
            opened.pool(),
            failure,
            () -> {
              removeParts(opened, plan, entry);
              journal.undo(Stores.of(opened.pool()), entry); // last: it tells of the parts
            });
    return undone ? failure : making.elsewhere();
  }

  private MadeSubvolume make(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, Making making) {
    if (plan.showsSnapshot()) {
      MadeSubvolume made = shown.show(opened, plan, entry, making.fresh());
      finish(opened, plan, entry, making, made.sizeBytes());
      return made;
    }
    if (plan.source().isPresent()) {
      Subvolume.Live copy = clones.make(opened, plan, entry, making);
      return complete(opened, plan, entry, making, copy.path(), copy.quotaBytes());
    }
    Subvolumes subvolumes = opened.subvolumes();
    String name = entry.imageName();
    String path = create(subvolumes, plan, name);
    if (path.equals(subvolumes.directory(name))) {
      // The command was sent once more, to a manager that found what another one had begun.
      removeHalfMade(opened, entry, making);
      path = create(subvolumes, plan, name);
    }
    return complete(opened, plan, entry, making, path, plan.size().bytes());
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
      OpenFileSystem opened,
      VolumePlan plan,
      VolumeEntry entry,
      Making making,
      String path,
      long quotaBytes) {
    long bytes = grown(opened, plan, entry, quotaBytes);
    describe(opened, plan, entry);
    finish(opened, plan, entry, making, bytes); // last: it is whole by it
    return new MadeSubvolume(entry, path, bytes);
  }

  private long grown(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, long quotaBytes) {
    return plan.source().isPresent()
        ? clones.complete(opened, plan, entry, quotaBytes)
        : quotaBytes;
  }

  private void describe(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    Map<String, String> metadata = metadata(plan);
    if (!metadata.isEmpty()) {
      var _ = opened.subvolumes().putMetadata(entry.imageName(), metadata);
    }
  }

  private void finish(
      OpenFileSystem opened, VolumePlan plan, VolumeEntry entry, Making making, long bytes) {
    Pool pool = opened.pool();
    if (!sizes.storeFirst(pool, making, bytes)) {
      throw making.lost(pool, () -> removeParts(opened, plan, entry));
    }
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

  private void removeParts(OpenFileSystem opened, VolumePlan plan, VolumeEntry entry) {
    if (plan.showsSnapshot()) {
      shown.hide(opened, entry);
    } else {
      opened.subvolumes().removeUnfinished(entry.imageName());
      clones.clean(opened, plan, entry);
    }
  }
}
