package io.cephcsi.rbd.care;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageState;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.care.ManyReads;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.journal.StoredName;
import io.cephcsi.rbd.OpenPool;
import java.util.List;
import java.util.Optional;

/**
 * The volumes of a pool with what their headers say: four operations each, and no image is opened
 * unless it is asked how much of it is used.
 */
public final class VolumeRows {
  private VolumeRows() {}

  /**
   * All volumes of a driver's instance, in the order of their names.
   *
   * @param used whether each image is opened and asked how much of it is used, which for one
   *     without fast-diff costs an operation an object
   */
  public static List<VolumeRow> of(
      OpenPool place, String instanceId, boolean used, Progress progress) {
    List<StoredName> names =
        new StoredJournal(place.pool())
            .names(JournalKind.VOLUMES, JournalKind.VOLUMES.directory(instanceId));
    progress.expect("volumes", names.size());
    return ManyReads.of(
        place,
        names,
        (pool, name) -> {
          VolumeRow row = row(place, pool, name);
          return used ? withUsed(pool, row) : row;
        },
        progress);
  }

  private static VolumeRow withUsed(Pool pool, VolumeRow row) {
    if (row.imageId().isEmpty()) {
      return row;
    }
    try (Image image = pool.openImageByIdReadOnly(row.imageId())) {
      return row.with(image.allocated(0, row.sizeBytes()).bytes());
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return row; // a deletion was faster
      }
      throw e;
    }
  }

  /** One volume by its name. */
  static VolumeRow row(OpenPool place, Pool pool, StoredName name) {
    if (!name.readable()) {
      return without(place, name.name(), "", "", "unreadable name");
    }
    if (name.poolId().orElse(pool.id()) != pool.id()) {
      return without(place, name.name(), name.uuid(), "", "in another pool");
    }
    return new StoredJournal(pool)
        .entry(JournalKind.VOLUMES, name.uuid())
        .map(entry -> row(place, pool, name.name(), entry))
        .orElseGet(() -> without(place, name.name(), name.uuid(), "", "no journal object"));
  }

  static VolumeRow row(OpenPool place, Pool pool, String name, StoredEntry entry) {
    Optional<String> byName = pool.imageId(entry.imageName());
    if (byName.isEmpty()) {
      return without(place, name, entry.uuid(), entry.imageName(), missing(pool, entry));
    }
    Optional<ImageState> state = pool.imageState(byName.get());
    if (state.isEmpty()) {
      return without(place, name, entry.uuid(), entry.imageName(), "half-made image");
    }
    ImageState image = state.get();
    return new VolumeRow(
        name,
        id(place, entry.uuid()),
        entry.imageName(),
        byName.get(),
        place.pool().name(),
        place.pool().namespace(),
        image.sizeBytes(),
        null,
        watchers(pool, byName.get()),
        image.snapshots().size(),
        image.createdAt(),
        entry.imageId().isEmpty() ? "being made" : "");
  }

  /** An image that no journal knows. */
  static VolumeRow ofImage(OpenPool place, String image, String imageId) {
    Pool pool = place.pool();
    Optional<ImageState> state = pool.imageState(imageId);
    return new VolumeRow(
        "",
        "",
        image,
        imageId,
        pool.name(),
        pool.namespace(),
        state.map(ImageState::sizeBytes).orElse(0L),
        null,
        watchers(pool, imageId),
        state.map(seen -> seen.snapshots().size()).orElse(0),
        state.map(ImageState::createdAt).orElse(null),
        state.isEmpty() ? "half-made image" : "in no journal");
  }

  private static String missing(Pool pool, StoredEntry entry) {
    if (entry.imageId().isEmpty()) {
      return "no image yet";
    }
    return pool.trashEntry(entry.imageId()).isPresent() ? "in the trash" : "no image";
  }

  /** A deletion may be faster. */
  private static int watchers(Pool pool, String imageId) {
    try {
      return pool.imageWatchers(imageId);
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return 0;
      }
      throw e;
    }
  }

  private static VolumeRow without(
      OpenPool place, String name, String uuid, String image, String state) {
    return new VolumeRow(
        name,
        uuid.isEmpty() ? "" : id(place, uuid),
        image,
        "",
        place.pool().name(),
        place.pool().namespace(),
        0,
        null,
        0,
        0,
        null,
        state);
  }

  private static String id(OpenPool place, String uuid) {
    return new VolumeId(place.config().clusterId(), place.pool().id(), uuid).text();
  }
}
