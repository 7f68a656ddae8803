package io.cephcsi.cephfs.controller;

import csi.v1.Snapshot;
import io.cephcsi.ceph.CephException;
import io.cephcsi.cephfs.SubvolumeSnapshot;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.cephfs.Volume;
import io.cephcsi.cephfs.Volumes;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.cluster.Making;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.SnapshotAnswer;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReservation;
import io.cephcsi.journal.Stores;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The snapshots behind snapshot names: cut once for each, found again by the journal. */
record Cuts(
    SnapshotJournal journal, VolumeSizes sizes, ControllerSettings settings, InstantSource clock) {
  /** A snapshot that is there. */
  record Made(SnapshotEntry entry, long sizeBytes, Instant cutAt) {
    /** As CSI tells it. */
    Snapshot answer(VolumeId id, String sourceId) {
      return SnapshotAnswer.of(id, sourceId, sizeBytes, cutAt)
          .setGroupSnapshotId(entry.groupId())
          .build();
    }
  }

  /** The snapshot of the plan's name; call it with the name held and the source shared. */
  Made findOrMake(Volume source, SnapshotPlan plan) {
    return switch (reserve(source, plan)) {
      case SnapshotReservation.Fresh(var entry) ->
          makeOrUndo(
              source,
              plan,
              entry,
              Making.begun(journal, entry.uuid(), "snapshot", entry.imageName()));
      case SnapshotReservation.Found(var entry) -> find(source, plan, entry);
      case SnapshotReservation.OtherSource(var entry) ->
          throw new CsiException.AlreadyExists(
              "snapshot %s exists of another volume, %s: delete it or take another name"
                  .formatted(plan.name(), entry.source()));
    };
  }

  /** What the plan's name owns from now on. */
  SnapshotReservation reserve(Volume source, SnapshotPlan plan) {
    Encryption.requirePlain("volume " + plan.sourceId(), source.entry().encrypted());
    if (source.showsSnapshot()) {
      throw new CsiException.InvalidArgument(
          "volume %s only shows snapshot %s: there is nothing new to cut, use that one"
              .formatted(plan.sourceId(), source.entry().backingSnapshotId()));
    }
    try (var _ = Phase.JOURNAL.begin()) {
      return journal.reserve(
          Stores.of(source.pool()), plan.reservation(source.entry(), sizes.of(source)));
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  private Made find(Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    if (undone(entry)) {
      removeParts(source, entry);
      return anew(source, plan, entry);
    }
    if (entry.discarded()) {
      throw new CsiException.Aborted(
          "snapshot %s is being deleted, ask again when that is done".formatted(plan.name()));
    }
    if (entry.cutAt().isEmpty()) {
      return goOn(source, plan, entry);
    }
    // Of one that was answered, the moment cannot be had again.
    Optional<Made> made = find(source.subvolumes(), entry);
    made.ifPresent(m -> describe(source, plan, m.entry()));
    return made.orElseGet(() -> anew(source, plan, entry));
  }

  /** Whether it was taken back before it was whole, by a call of ours that stopped then. */
  private static boolean undone(SnapshotEntry entry) {
    return entry.discarded() && entry.cutAt().isEmpty() && !entry.sourceId().isEmpty();
  }

  private Made anew(Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    journal.undo(Stores.of(source.pool()), entry);
    return findOrMake(source, plan);
  }

  private Made goOn(Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    var making =
        Making.takenOver(journal, source.pool(), entry.uuid(), "snapshot", entry.imageName());
    return find(source.subvolumes(), entry)
        .map(made -> complete(source, plan, made, making))
        .orElseGet(() -> makeOrUndo(source, plan, entry, making));
  }

  /** What there is of a snapshot that the journal knows. */
  static Optional<Made> find(Subvolumes subvolumes, SnapshotEntry entry) {
    return subvolumes
        .snapshot(entry.source(), entry.imageName())
        .map(SubvolumeSnapshot::createdAt)
        .map(createdAt -> new Made(entry, entry.sizeBytes(), entry.cutAt().orElse(createdAt)));
  }

  private Made makeOrUndo(Volume source, SnapshotPlan plan, SnapshotEntry entry, Making making) {
    try {
      cut(source, plan, entry);
      return complete(source, plan, new Made(entry, entry.sizeBytes(), clock.instant()), making);
    } catch (CsiException e) {
      throw settled(e, source, entry, making);
    } catch (CephException e) {
      throw settled(CephFailures.meaning(e), source, entry, making);
    }
  }

  /** Undoes the reservation, unless a call that comes later goes on with it. */
  private RuntimeException settled(
      RuntimeException failure, Volume source, SnapshotEntry entry, Making making) {
    if (failure instanceof CsiException.Aborted || failure instanceof CsiException.Unavailable) {
      return failure; // it may yet come to be, and the next call finds it by the reservation
    }
    return making.undo(source.pool(), failure, () -> undo(source, entry))
        ? failure
        : making.elsewhere();
  }

  /**
   * Cuts the snapshot of a reservation, and nothing more.
   *
   * @throws CsiException.NotFound when the volume has no subvolume
   */
  void cut(Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    if (!source.subvolumes().cut(source.subvolume(), entry.imageName())) {
      throw Volumes.missing(plan.sourceId());
    }
  }

  /** Notes when a member of a group was cut, and what follows. */
  Made finish(Volume source, SnapshotPlan plan, SnapshotEntry entry, Instant cutAt) {
    journal.storeCutLater(source.pool(), entry.uuid(), cutAt);
    describe(source, plan, entry);
    return new Made(entry, entry.sizeBytes(), cutAt);
  }

  /** What follows the snapshot itself; it can be repeated. */
  private Made complete(Volume source, SnapshotPlan plan, Made made, Making making) {
    SnapshotEntry entry = made.entry();
    describe(source, plan, entry);
    // Last: it is whole by it.
    if (!journal.storeCut(source.pool(), entry.uuid(), making.maker(), made.cutAt())) {
      throw making.lost(source.pool(), () -> removeParts(source, entry));
    }
    return made;
  }

  private void describe(Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    Map<String, String> metadata = metadata(plan);
    if (!metadata.isEmpty()) {
      var _ =
          source.subvolumes().putSnapshotMetadata(source.subvolume(), entry.imageName(), metadata);
    }
  }

  /** Without a name of Kubernetes there is nothing worth a command. */
  private Map<String, String> metadata(SnapshotPlan plan) {
    Map<String, String> metadata = new TreeMap<>(plan.parameters().kubernetesSnapshotNames());
    if (!settings.setMetadata() || metadata.isEmpty()) {
      return Map.of();
    }
    if (!settings.clusterName().isEmpty()) {
      metadata.put(KubernetesNames.CLUSTER_NAME, settings.clusterName());
    }
    return metadata;
  }

  /** Takes back a reservation with what was cut for it. */
  void undo(Volume source, SnapshotEntry entry) {
    removeParts(source, entry);
    journal.undo(Stores.of(source.pool()), entry);
  }

  private static void removeParts(Volume source, SnapshotEntry entry) {
    var _ = source.subvolumes().removeSnapshot(source.subvolume(), entry.imageName());
  }
}
