package io.cephcsi.cluster.care;

import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Opened;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.journal.StoredName;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A change of the journal. */
public sealed interface JournalStep extends Step {
  /** All kinds of them. */
  List<Class<? extends Step>> KINDS =
      List.of(RemoveKey.class, PutKey.class, GiveUp.class, RemoveObject.class, MakeObject.class);

  /** Frees a name. */
  static Step removeKey(StoredName name) {
    return new RemoveKey(name.directory(), name.key(), name.value());
  }

  /** Removes a directory key. */
  record RemoveKey(String directory, String key, String value) implements JournalStep {
    @Override
    public String text() {
      return "remove key %s from %s (it was %s)".formatted(key, directory, value);
    }

    @Override
    public boolean run(Opened place) {
      return new StoredJournal(place.pool()).removeKey(directory, key, value);
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
  record PutKey(String directory, String key, String value) implements JournalStep {
    @Override
    public String text() {
      return "set key %s of %s to %s".formatted(key, directory, value);
    }

    @Override
    public boolean run(Opened place) {
      return new StoredJournal(place.pool()).putKey(directory, key, value);
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
  record GiveUp(JournalKind kind, String uuid, Map<String, String> keys) implements JournalStep {
    @Override
    public String text() {
      return "mark object " + kind.object(uuid) + " as deleted";
    }

    @Override
    public boolean run(Opened place) {
      return new StoredJournal(place.pool())
          .giveUp(new StoredEntry(kind, uuid, keys, Instant.EPOCH));
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
  record RemoveObject(JournalKind kind, String uuid, Map<String, String> keys)
      implements JournalStep {
    @Override
    public String text() {
      return "remove object %s with %d keys".formatted(kind.object(uuid), keys.size());
    }

    @Override
    public boolean run(Opened place) {
      return new StoredJournal(place.pool()).remove(kind.object(uuid), keys);
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
  record MakeObject(JournalKind kind, String uuid, Map<String, String> keys)
      implements JournalStep {
    @Override
    public String text() {
      return "make object %s: %s".formatted(kind.object(uuid), keys);
    }

    @Override
    public boolean run(Opened place) {
      return new StoredJournal(place.pool()).make(kind.object(uuid), keys);
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
}
