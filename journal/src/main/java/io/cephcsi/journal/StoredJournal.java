package io.cephcsi.journal;

import io.cephcsi.ceph.OmapStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A pool's journal as it is stored, whole or damaged: what {@link VolumeJournal} and {@link
 * SnapshotJournal} refuse can be read and mended here. Every change is one operation that does
 * nothing when what it changes is not as it was read, so that drivers may work meanwhile.
 */
public final class StoredJournal {
  private static final int PAGE = 1000;

  private final OmapStore store;

  public StoredJournal(OmapStore store) {
    this.store = store;
  }

  /** All names in a directory. */
  public List<StoredName> names(JournalKind kind, String directory) {
    List<StoredName> names = new ArrayList<>();
    for (SortedMap<String, String> page = page(directory, kind.prefix(), kind.prefix());
        !page.isEmpty();
        page = page(directory, page.lastKey(), kind.prefix())) {
      page.forEach((key, value) ->
          names.add(new StoredName(kind, directory, key.substring(kind.prefix().length()), value)));
    }
    return names;
  }

  /** A name in a directory, by one read; empty when it is free. */
  public Optional<StoredName> name(JournalKind kind, String directory, String name) {
    String key = kind.key(name);
    Map<String, String> found = store.get(directory, Set.of(key));
    return Optional.ofNullable(found.get(key))
        .map(value -> new StoredName(kind, directory, name, value));
  }

  /** A directory's notes of images to be purged: their keys and values. */
  public Map<String, String> purgeNotes(String directory) {
    Map<String, String> notes = new TreeMap<>();
    for (SortedMap<String, String> page = page(directory, PurgeRecord.PREFIX, PurgeRecord.PREFIX);
        !page.isEmpty();
        page = page(directory, page.lastKey(), PurgeRecord.PREFIX)) {
      notes.putAll(page);
    }
    return notes;
  }

  /** Keys with the prefix stand together. */
  private SortedMap<String, String> page(String object, String after, String prefix) {
    SortedMap<String, String> page = store.list(object, after, PAGE);
    return page.headMap(prefix + Character.MAX_VALUE);
  }

  /** The object of a UUID; empty when there is none. */
  public Optional<StoredEntry> entry(JournalKind kind, String uuid) {
    String object = kind.object(uuid);
    return store
        .changedAt(object)
        .map(changed -> new StoredEntry(kind, uuid, store.list(object, "", PAGE), changed));
  }

  /** The key of the note that a UUID's image is to be purged. */
  public static String purgeKey(String uuid) {
    return PurgeRecord.PREFIX + uuid;
  }

  /** Notes that what was begun is taken back, so that no driver goes on with it. */
  public boolean giveUp(StoredEntry entry) {
    return store.compareAndUpdate(
        entry.object(), entry.unchanged(), Map.of(Directory.DISCARDED, "true"), Set.of());
  }

  /** Adds the id of a whole image to an entry that nobody is at. */
  public boolean finish(StoredEntry entry, String imageId) {
    return store.compareAndUpdate(
        entry.object(),
        entry.unchanged(),
        Map.of(Directory.IMAGE_ID, imageId),
        Set.of(Directory.MAKER));
  }

  /**
   * Notes that a snapshot's image has its own snapshot, as {@link SnapshotJournal#storeFinished}.
   */
  public boolean finishSnapshot(StoredEntry entry) {
    return store.compareAndUpdate(
        entry.object(), entry.unchanged(), Map.of(), Set.of(Directory.UNFINISHED));
  }

  /**
   * Takes {@link #giveUp} and {@link #finish} back: sets the object's keys as they were.
   *
   * @return false when anything else of it was changed since
   */
  public boolean restore(String object, Map<String, String> keys) {
    Map<String, String> now = store.list(object, "", PAGE);
    if (!withoutProgress(now).equals(withoutProgress(keys))) {
      return false;
    }
    Set<String> more = new TreeSet<>(now.keySet());
    more.removeAll(keys.keySet());
    return store.compareAndUpdate(object, now, keys, more);
  }

  private static Map<String, String> withoutProgress(Map<String, String> keys) {
    Map<String, String> rest = new TreeMap<>(keys);
    rest.keySet().removeAll(Directory.PROGRESS);
    return rest;
  }

  /** Removes a UUID's object if it says what it said, the deletion's own note aside. */
  public boolean remove(String object, Map<String, String> keys) {
    Map<String, String> now = new TreeMap<>(store.list(object, "", PAGE));
    now.remove(Directory.DISCARDED);
    Map<String, String> before = new TreeMap<>(keys);
    before.remove(Directory.DISCARDED);
    if (!now.equals(before)) {
      return false;
    }
    store.remove(object);
    return true;
  }

  /** Makes a UUID's object, or fills an empty one. */
  public boolean make(String object, Map<String, String> keys) {
    return store.create(object, keys)
        || (store.list(object, "", 1).isEmpty()
            && store.compareAndUpdate(object, missing(keys.keySet()), keys, Set.of()));
  }

  private static Map<String, String> missing(Set<String> keys) {
    Map<String, String> missing = new TreeMap<>();
    keys.forEach(key -> missing.put(key, ""));
    return missing;
  }

  /** Whether a name has this value. */
  public boolean hasKey(String directory, String key, String value) {
    return value.equals(store.get(directory, Set.of(key)).get(key));
  }

  /** Whether a UUID's object is there and has just these keys. */
  public boolean says(String object, Map<String, String> keys) {
    return store.changedAt(object).isPresent() && keys.equals(store.list(object, "", PAGE));
  }

  /** Frees a name that still has this value. */
  public boolean removeKey(String directory, String key, String value) {
    return value.isEmpty()
        ? store.compareAndUpdate(directory, Map.of(key, ""), Map.of(), Set.of(key))
        : store.compareAndRemoveKey(directory, key, value);
  }

  /** Gives a free name a value. */
  public boolean putKey(String directory, String key, String value) {
    return store.compareAndPut(directory, key, "", value);
  }
}
