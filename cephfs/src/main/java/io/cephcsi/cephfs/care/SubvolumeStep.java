package io.cephcsi.cephfs.care;

import io.cephcsi.ceph.Pool;
import io.cephcsi.cephfs.CloneState;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.cluster.Opened;
import io.cephcsi.cluster.care.Step;
import io.cephcsi.journal.SnapshotReferences;
import java.util.List;
import java.util.Map;

/** A change of subvolumes, their snapshots, and the trackers of those. */
public sealed interface SubvolumeStep extends Step {
  /** All kinds of them. */
  List<Class<? extends Step>> KINDS =
      List.of(
          RemoveClone.class,
          RemoveEmpty.class,
          RemoveCut.class,
          RemoveReference.class,
          RemoveTracker.class);

  /** As {@link #run(Opened)}, where it is at home. */
  boolean run(OpenFileSystem place);

  @Override
  default boolean run(Opened place) {
    return place instanceof OpenFileSystem fs && run(fs);
  }

  /** Removes a clone that the manager has given up. */
  record RemoveClone(String group, String subvolume) implements SubvolumeStep, Step.ForGood {
    @Override
    public String text() {
      return "remove the clone " + subvolume + " (for good)";
    }

    @Override
    public boolean run(OpenFileSystem place) {
      Subvolumes there = place.subvolumes().in(group);
      boolean broken =
          there
              .cloneState(subvolume)
              .filter(state -> state instanceof CloneState.Broken)
              .isPresent();
      if (broken) {
        there.removeUnfinished(subvolume);
      }
      return broken;
    }
  }

  /** Removes a subvolume that nothing was ever written to, or nothing is left in. */
  record RemoveEmpty(String subvolume) implements SubvolumeStep, Step.ForGood {
    @Override
    public String text() {
      return "remove subvolume " + subvolume + ", which is empty (for good)";
    }

    @Override
    public boolean run(OpenFileSystem place) {
      boolean empty =
          place
              .subvolumes()
              .find(subvolume)
              .filter(s -> s instanceof Subvolume.Live live && live.usedBytes() == 0)
              .isPresent();
      if (empty) {
        var _ = place.subvolumes().remove(subvolume);
      }
      return empty;
    }
  }

  /** Removes a snapshot that was deleted, or that a clone was cut from. */
  record RemoveCut(String group, String subvolume, String snapshot)
      implements SubvolumeStep, Step.ForGood {
    @Override
    public String text() {
      return "remove snapshot %s of subvolume %s (for good)".formatted(snapshot, subvolume);
    }

    @Override
    public boolean run(OpenFileSystem place) {
      var _ = place.subvolumes().in(group).removeSnapshot(subvolume, snapshot);
      return true;
    }
  }

  /** Takes entries from a tracker; all that it had are known. */
  sealed interface OfTracker extends SubvolumeStep {
    String snapshotId();

    Map<String, String> entries();

    @Override
    default boolean undo(Pool pool) {
      return new SnapshotReferences().restore(pool, snapshotId(), entries());
    }

    @Override
    default boolean isBack(Pool pool) {
      return new SnapshotReferences().has(pool, snapshotId(), entries().keySet());
    }
  }

  /** Lets a tracker not count a volume any more. */
  record RemoveReference(String snapshotId, String volume, Map<String, String> entries)
      implements OfTracker {
    public RemoveReference {
      entries = Map.copyOf(entries);
    }

    @Override
    public String text() {
      return "remove %s from tracker %s".formatted(volume, SnapshotReferences.object(snapshotId));
    }

    @Override
    public boolean run(OpenFileSystem place) {
      var _ = new SnapshotReferences().removeVolume(place.pool(), snapshotId, volume);
      return true;
    }
  }

  /** Removes a tracker. */
  record RemoveTracker(String snapshotId, Map<String, String> entries) implements OfTracker {
    public RemoveTracker {
      entries = Map.copyOf(entries);
    }

    @Override
    public String text() {
      return "remove tracker " + SnapshotReferences.object(snapshotId);
    }

    @Override
    public boolean run(OpenFileSystem place) {
      return new SnapshotReferences().removeTracker(place.pool(), snapshotId, entries);
    }
  }
}
