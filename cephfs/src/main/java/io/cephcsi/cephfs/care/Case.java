package io.cephcsi.cephfs.care;

import io.cephcsi.cephfs.CloneState;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cluster.care.Place;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Something of which a filesystem or its journal has a part, as it was read. */
sealed interface Case {
  /** By which it is looked at again. */
  Place place();

  /**
   * All that is stored of one UUID.
   *
   * @param names that lead to it
   * @param entry null without an object
   * @param content what the entry is about, or what has its name
   */
  record OfUuid(Place place, List<StoredName> names, @Nullable StoredEntry entry, Content content)
      implements Case {
    public OfUuid {
      names = List.copyOf(names);
    }
  }

  /** What volumes and snapshots are made of. */
  sealed interface Content {
    /** There is nothing. */
    record None() implements Content {}

    /** There is nothing, and need not be: the volume only shows a snapshot. */
    record Shown() implements Content {}

    /** A subvolume. */
    record OfVolume(String name, Subvolume subvolume) implements Content {}

    /**
     * A clone that is not complete.
     *
     * @param group that it is in
     */
    record Copy(String group, String name, CloneState state) implements Content {}

    /**
     * A snapshot.
     *
     * @param group of its subvolume
     * @param tracked whether volumes may show it
     */
    record Cut(String group, String subvolume, String name, boolean tracked) implements Content {}
  }

  /**
   * The tracker of a snapshot.
   *
   * @param entries of its omap
   * @param changedAt when it was written last
   * @param known whether there is such a snapshot
   * @param gone volumes that it counts and that do not show the snapshot, or are not there
   */
  record Tracker(
      Place place,
      String snapshotId,
      Map<String, String> entries,
      Instant changedAt,
      boolean known,
      Set<String> gone)
      implements Case {
    public Tracker {
      entries = Map.copyOf(entries);
      gone = Set.copyOf(gone);
    }
  }
}
