package io.cephcsi.rbd.care;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Opened;
import io.cephcsi.cluster.care.Step;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.rbd.OwnSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A change of images, and of what the journal says of them. */
public sealed interface ImageStep extends Step {
  /** For whoever finds out that an image was needed after all. */
  Duration KEPT_IN_TRASH = Duration.ofDays(7);

  /** All kinds of them. */
  List<Class<? extends Step>> KINDS =
      List.of(
          Finish.class,
          FinishSnapshot.class,
          TrashImage.class,
          RemoveImage.class,
          Purge.class,
          RemoveSnapshot.class);

  /** Adds the id of a whole image to a UUID's object. */
  record Finish(JournalKind kind, String uuid, Map<String, String> keys, String imageId)
      implements ImageStep {
    @Override
    public String text() {
      return "store image id %s in object %s".formatted(imageId, kind.object(uuid));
    }

    @Override
    public boolean run(Opened place) {
      var entry = new StoredEntry(kind, uuid, keys, Instant.EPOCH);
      return new StoredJournal(place.pool()).finish(entry, imageId);
    }

    @Override
    public boolean undo(Pool pool) {
      return new StoredJournal(pool).restore(kind.object(uuid), keys);
    }

    @Override
    public boolean isBack(Pool pool) {
      return new StoredJournal(pool).says(kind.object(uuid), keys);
    }
  }

  /**
   * Makes the snapshot of a snapshot's image that volumes are restored from, unless it is there.
   */
  record FinishSnapshot(
      JournalKind kind, String uuid, Map<String, String> keys, String image, String imageId)
      implements ImageStep, Step.ForGood {
    @Override
    public String text() {
      return "make snapshot %s of image %s, unless it is there, and note so in object %s"
          .formatted(image, image, kind.object(uuid));
    }

    @Override
    public boolean run(Opened place) {
      if (!place.pool().imageId(image).equals(Optional.of(imageId))) {
        return false;
      }
      OwnSnapshot.ensure(place.pool(), image);
      var entry = new StoredEntry(kind, uuid, keys, Instant.EPOCH);
      return new StoredJournal(place.pool()).finishSnapshot(entry);
    }
  }

  /** Moves an image to the trash, where it is kept a while. */
  record TrashImage(String image, String imageId) implements ImageStep {
    @Override
    public String text() {
      return "move image %s to the trash, kept there for %d days"
          .formatted(image, KEPT_IN_TRASH.toDays());
    }

    @Override
    public boolean run(Opened place) {
      if (!place.pool().imageId(image).equals(Optional.of(imageId))) {
        return false;
      }
      place.pool().trashMove(image, KEPT_IN_TRASH);
      return true;
    }

    @Override
    public boolean undo(Pool pool) {
      try {
        pool.trashRestore(imageId, image);
        return true;
      } catch (CephException e) {
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.EEXIST) {
          throw e;
        }
        return false;
      }
    }

    @Override
    public boolean isBack(Pool pool) {
      return pool.imageId(image).equals(Optional.of(imageId));
    }
  }

  /** Removes an image that nobody was given. */
  record RemoveImage(String image, String imageId) implements ImageStep, Step.ForGood {
    @Override
    public String text() {
      return "remove image " + image + " (for good)";
    }

    @Override
    public boolean run(Opened place) {
      if (!place.pool().imageId(image).equals(Optional.of(imageId))) {
        return false;
      }
      place.pool().removeImage(image);
      return true;
    }
  }

  /** Purges an image from the trash. */
  record Purge(String image, String imageId) implements ImageStep, Step.ForGood {
    @Override
    public String text() {
      return "purge image %s (id %s) from the trash, for good".formatted(image, imageId);
    }

    @Override
    public boolean run(Opened place) {
      try {
        place.pool().trashRemove(imageId);
      } catch (CephException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
      return true;
    }
  }

  /**
   * Removes a snapshot that a copy was cut from; clones of it keep what they need.
   *
   * @param snapshot its name, or the one that it had
   */
  record RemoveSnapshot(String image, String imageId, String snapshot, long snapshotId)
      implements ImageStep, Step.ForGood {
    @Override
    public String text() {
      return "remove snapshot %s of image %s (for good)".formatted(snapshot, image);
    }

    @Override
    public boolean run(Opened place) {
      try (Image open = place.pool().openImageById(imageId)) {
        open.removeSnapshot(snapshotId);
      } catch (CephException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
      return true;
    }
  }
}
