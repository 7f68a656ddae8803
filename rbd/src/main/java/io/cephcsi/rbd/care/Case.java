package io.cephcsi.rbd.care;

import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ImageState;
import io.cephcsi.ceph.SnapshotHeader;
import io.cephcsi.ceph.TrashEntry;
import io.cephcsi.cluster.care.Place;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is stored of one UUID.
 *
 * @param names that lead to it
 * @param entry null without an object
 * @param notes that it is to be purged
 * @param image null without one of this name
 * @param intermediate ceph-csi's image between it and its source; null without one
 * @param trashed images of its names in the trash
 * @param cuts snapshots on other images that were made to copy them to it
 */
record Case(
    Place place,
    List<StoredName> names,
    @Nullable StoredEntry entry,
    List<Note> notes,
    @Nullable SeenImage image,
    @Nullable SeenImage intermediate,
    List<Trashed> trashed,
    List<Cut> cuts) {
  Case {
    names = List.copyOf(names);
    notes = List.copyOf(notes);
    trashed = List.copyOf(trashed);
    cuts = List.copyOf(cuts);
  }

  /** A directory's note of an image to be purged. */
  record Note(String directory, String key, String value) {}

  /** A snapshot on another image. */
  record Cut(String image, String imageId, ImageSnapshot snapshot) {
    /** Whether a removal that was cut off has taken its name. */
    boolean nameless() {
      return snapshot.kind() == ImageSnapshot.Kind.TRASH;
    }
  }

  /**
   * An image.
   *
   * @param state null for one of which only the name was made
   * @param cloned whether it has a parent
   * @param mirrored whether it comes from, or goes to, another cluster
   */
  record SeenImage(
      String name,
      String id,
      @Nullable ImageState state,
      int watchers,
      boolean cloned,
      boolean mirrored,
      List<SnapshotHeader> snapshots) {
    SeenImage {
      snapshots = List.copyOf(snapshots);
    }
  }

  /** An image in the trash. */
  record Trashed(TrashEntry entry, SeenImage image) {}
}
