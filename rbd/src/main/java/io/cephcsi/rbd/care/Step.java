package io.cephcsi.rbd.care;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Json;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One change that mends something. Those of the journal are made only to what was read; those that
 * can be taken back have all that this needs.
 */
public sealed interface Step {
  /** For whoever finds out that an image was needed after all. */
  Duration KEPT_IN_TRASH = Duration.ofDays(7);

  /** What it does, for people. */
  String text();

  /**
   * Does it.
   *
   * @return false when things are not as they were read; nothing is changed then
   */
  boolean run(Pool pool);

  /** Whether it can be taken back. */
  default boolean undoable() {
    return true;
  }

  /**
   * Takes it back.
   *
   * @return false when things have changed since, or it cannot be taken back
   */
  boolean undo(Pool pool);

  /** Whether all is as it was before, so that there is nothing to take back. */
  boolean isBack(Pool pool);

  /** Removes a directory key. */
  record RemoveKey(String directory, String key, String value) implements Step {
    @Override
    public String text() {
      return "remove key %s from %s (it was %s)".formatted(key, directory, value);
    }

    @Override
    public boolean run(Pool pool) {
      return new StoredJournal(pool).removeKey(directory, key, value);
    }

    @Override
    public boolean undo(Pool pool) {
      return new StoredJournal(pool).putKey(directory, key, value);
    }

    @Override
    public boolean isBack(Pool pool) {
      return new StoredJournal(pool).hasKey(directory, key, value);
    }
  }

  /** Sets a directory key that is missing. */
  record PutKey(String directory, String key, String value) implements Step {
    @Override
    public String text() {
      return "set key %s of %s to %s".formatted(key, directory, value);
    }

    @Override
    public boolean run(Pool pool) {
      return new StoredJournal(pool).putKey(directory, key, value);
    }

    @Override
    public boolean undo(Pool pool) {
      return new StoredJournal(pool).removeKey(directory, key, value);
    }

    @Override
    public boolean isBack(Pool pool) {
      return !new StoredJournal(pool).hasKey(directory, key, value);
    }
  }

  /** Notes in a UUID's object that it is being removed, so that no driver goes on with it. */
  record GiveUp(JournalKind kind, String uuid, Map<String, String> keys) implements Step {
    @Override
    public String text() {
      return "mark object " + kind.object(uuid) + " as deleted";
    }

    @Override
    public boolean run(Pool pool) {
      return new StoredJournal(pool).giveUp(new StoredEntry(kind, uuid, keys, Instant.EPOCH));
    }

    @Override
    public boolean undo(Pool pool) {
      var journal = new StoredJournal(pool);
      return journal.entry(kind, uuid).filter(StoredEntry::discarded).isPresent()
          && journal.restore(kind.object(uuid), keys);
    }

    @Override
    public boolean isBack(Pool pool) {
      return new StoredJournal(pool).says(kind.object(uuid), keys);
    }
  }

  /** Removes a UUID's object that was given up. */
  record RemoveObject(JournalKind kind, String uuid, Map<String, String> keys) implements Step {
    @Override
    public String text() {
      return "remove object %s with %d keys".formatted(kind.object(uuid), keys.size());
    }

    @Override
    public boolean run(Pool pool) {
      return new StoredJournal(pool).remove(kind.object(uuid), keys);
    }

    @Override
    public boolean undo(Pool pool) {
      return new StoredJournal(pool).make(kind.object(uuid), keys);
    }

    @Override
    public boolean isBack(Pool pool) {
      return new StoredJournal(pool).says(kind.object(uuid), keys);
    }
  }

  /** Makes a UUID's object anew. */
  record MakeObject(JournalKind kind, String uuid, Map<String, String> keys) implements Step {
    @Override
    public String text() {
      return "make object %s: %s".formatted(kind.object(uuid), keys);
    }

    @Override
    public boolean run(Pool pool) {
      return new StoredJournal(pool).make(kind.object(uuid), keys);
    }

    @Override
    public boolean undo(Pool pool) {
      return new StoredJournal(pool).remove(kind.object(uuid), keys);
    }

    @Override
    public boolean isBack(Pool pool) {
      return !new StoredJournal(pool).says(kind.object(uuid), keys);
    }
  }

  /** Adds the id of a whole image to a UUID's object. */
  record Finish(JournalKind kind, String uuid, Map<String, String> keys, String imageId)
      implements Step {
    @Override
    public String text() {
      return "store image id %s in object %s".formatted(imageId, kind.object(uuid));
    }

    @Override
    public boolean run(Pool pool) {
      var entry = new StoredEntry(kind, uuid, keys, Instant.EPOCH);
      return new StoredJournal(pool).finish(entry, imageId);
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

  /** Moves an image to the trash, where it is kept a while. */
  record TrashImage(String image, String imageId) implements Step {
    @Override
    public String text() {
      return "move image %s to the trash, kept there for %d days"
          .formatted(image, KEPT_IN_TRASH.toDays());
    }

    @Override
    public boolean run(Pool pool) {
      if (!pool.imageId(image).equals(Optional.of(imageId))) {
        return false;
      }
      pool.trashMove(image, KEPT_IN_TRASH);
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

  /** Cannot be taken back. */
  sealed interface ForGood extends Step {
    @Override
    default boolean undoable() {
      return false;
    }

    @Override
    default boolean undo(Pool pool) {
      return false;
    }

    @Override
    default boolean isBack(Pool pool) {
      return false;
    }
  }

  /** Removes an image that nobody was given. */
  record RemoveImage(String image, String imageId) implements ForGood {
    @Override
    public String text() {
      return "remove image " + image + " (for good)";
    }

    @Override
    public boolean run(Pool pool) {
      if (!pool.imageId(image).equals(Optional.of(imageId))) {
        return false;
      }
      pool.removeImage(image);
      return true;
    }
  }

  /** Purges an image from the trash. */
  record Purge(String image, String imageId) implements ForGood {
    @Override
    public String text() {
      return "purge image %s (id %s) from the trash, for good".formatted(image, imageId);
    }

    @Override
    public boolean run(Pool pool) {
      try {
        pool.trashRemove(imageId);
      } catch (CephException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
      return true;
    }
  }

  /** Removes a snapshot that a copy was cut from; clones of it keep what they need. */
  record RemoveSnapshot(String image, String imageId, String snapshot) implements ForGood {
    @Override
    public String text() {
      return "remove snapshot %s of image %s (for good)".formatted(snapshot, image);
    }

    @Override
    public boolean run(Pool pool) {
      try (Image open = pool.openImageById(imageId)) {
        open.removeSnapshot(snapshot);
      } catch (CephException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
      return true;
    }
  }

  /** As JSON, for {@link #of}. */
  default ObjectNode json() {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("step", getClass().getSimpleName());
    node.set("of", Json.MAPPER.valueToTree(this));
    return node;
  }

  /**
   * Reads {@link #json}.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Step of(JsonNode node) {
    Class<? extends Step> type =
        switch (node.path("step").asText()) {
          case "RemoveKey" -> RemoveKey.class;
          case "PutKey" -> PutKey.class;
          case "GiveUp" -> GiveUp.class;
          case "RemoveObject" -> RemoveObject.class;
          case "MakeObject" -> MakeObject.class;
          case "Finish" -> Finish.class;
          case "TrashImage" -> TrashImage.class;
          case "RemoveImage" -> RemoveImage.class;
          case "Purge" -> Purge.class;
          case "RemoveSnapshot" -> RemoveSnapshot.class;
          default -> throw new IllegalArgumentException("no step: " + node.path("step"));
        };
    try {
      return Json.MAPPER.treeToValue(node.path("of"), type);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no " + type.getSimpleName() + ": " + node.path("of"), e);
    }
  }
}
