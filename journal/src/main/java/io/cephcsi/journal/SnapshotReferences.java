package io.cephcsi.journal;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.VersionedObject;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who still needs a CephFS snapshot: the snapshot itself, until it is deleted, and the volumes that
 * only show it. The object {@code rt-backingsnapshot-<snapshot id>} has them as omap keys and their
 * number as data, as ceph-csi has it; there is one only for snapshots that were ever shown. A
 * change is made only to what was read, so that it is safe against other processes too.
 */
public final class SnapshotReferences {
  private static final String OBJECT_PREFIX = "rt-backingsnapshot-";
  private static final String VERSION_ATTRIBUTE = "csi.ceph.com/rt-version";
  private static final int VERSION = 1;

  /** The value of a reference that counts. */
  private static final String NORMAL = "\1";

  /** The value of one that does not count, and keeps it from being added again. */
  private static final String MASK = "\2";

  /** Far more than there are processes that could be faster, one after the other. */
  private static final int MOST_ATTEMPTS = 100;

  /** What is left of a snapshot's references when one was removed. */
  public enum Left {
    /** Something still needs the snapshot. */
    SOME,
    /** The one that was removed was the last. */
    NONE,
    /** There were none before, or never any. */
    NO_TRACKER
  }

  /** A tracker's new content. */
  private record Change(long count, Map<String, String> set, Set<String> removed) {
    boolean none() {
      return set.isEmpty() && removed.isEmpty();
    }
  }

  /** What is to be done about a reference. */
  private interface Step {
    Change from(long count, Map<String, String> references);
  }

  /**
   * Adds a volume that shows the snapshot, and the snapshot itself when it is not there yet. Safe
   * to repeat. One that was deleted is not added again: it is for the caller to look afterwards
   * whether the snapshot is there.
   *
   * @param volume its subvolume's name
   */
  public void add(Pool pool, String snapshotId, String volume) {
    String object = OBJECT_PREFIX + snapshotId;
    for (int i = 0; i < MOST_ATTEMPTS; i++) {
      Optional<VersionedObject> read = read(pool, object, Set.of(snapshotId, volume));
      if (read.isPresent()
          ? apply(
              pool, object, read.get(), (count, there) -> added(count, there, snapshotId, volume))
          : create(pool, object, snapshotId, volume)) {
        return;
      }
    }
    throw tooMany(object);
  }

  private static Change added(
      long count, Map<String, String> there, String snapshotId, String volume) {
    Map<String, String> set = new HashMap<>();
    for (String name : Set.of(snapshotId, volume)) {
      if (!there.containsKey(name)) {
        set.put(name, NORMAL);
      }
    }
    return new Change(count + set.size(), set, Set.of());
  }

  private static boolean create(Pool pool, String object, String snapshotId, String volume) {
    return pool.createObject(
        object,
        VERSION_ATTRIBUTE,
        bytes(VERSION),
        bytes(2),
        Map.of(snapshotId, NORMAL, volume, NORMAL));
  }

  /**
   * Whether a volume keeps a snapshot: it has its reference, and if the snapshot was deleted, that
   * deletion has seen the reference. One operation.
   */
  public boolean keeps(Pool pool, String snapshotId, String volume, boolean deleted) {
    Map<String, String> there =
        read(pool, OBJECT_PREFIX + snapshotId, Set.of(snapshotId, volume))
            .map(VersionedObject::entries)
            .orElse(Map.of());
    return there.containsKey(volume) && (!deleted || MASK.equals(there.get(snapshotId)));
  }

  /** The snapshot whose tracker an object is; empty for any other object. */
  public static Optional<String> snapshotIdOf(String object) {
    return object.startsWith(OBJECT_PREFIX)
        ? Optional.of(object.substring(OBJECT_PREFIX.length()))
        : Optional.empty();
  }

  /** The tracker of a snapshot. */
  public static String object(String snapshotId) {
    return OBJECT_PREFIX + snapshotId;
  }

  /** Removes a tracker that still has these entries and no others. */
  public boolean removeTracker(Pool pool, String snapshotId, Map<String, String> entries) {
    String object = OBJECT_PREFIX + snapshotId;
    Optional<VersionedObject> now = pool.readObject(object, Integer.BYTES, entries.keySet());
    return now.isPresent()
        && pool.list(object, "", entries.size() + 1).equals(entries)
        && pool.removeObject(object, now.get().version());
  }

  /** Gives a tracker the entries back that were removed from it, or makes it anew. */
  public boolean restore(Pool pool, String snapshotId, Map<String, String> entries) {
    String object = OBJECT_PREFIX + snapshotId;
    Optional<VersionedObject> now = read(pool, object, entries.keySet());
    if (now.isEmpty()) {
      byte[] count = bytes(Math.toIntExact(counted(entries)));
      return pool.createObject(object, VERSION_ATTRIBUTE, bytes(VERSION), count, entries);
    }
    Map<String, String> missing = new HashMap<>(entries);
    missing.keySet().removeAll(now.get().entries().keySet());
    var change = new Change(count(object, now.get()) + counted(missing), missing, Set.of());
    return change.none() || replace(pool, object, now.get(), change);
  }

  /** Whether a tracker is there and has entries of all these names. */
  public boolean has(Pool pool, String snapshotId, Set<String> names) {
    return read(pool, OBJECT_PREFIX + snapshotId, names)
        .filter(tracker -> tracker.entries().keySet().containsAll(names))
        .isPresent();
  }

  private static long counted(Map<String, String> entries) {
    return entries.values().stream().filter(NORMAL::equals).count();
  }

  /** Removes a volume that showed the snapshot. Safe to repeat. */
  public Left removeVolume(Pool pool, String snapshotId, String volume) {
    return removeVolume(pool, snapshotId, volume, () -> {});
  }

  /**
   * As {@link #removeVolume(Pool, String, String)}.
   *
   * @param beforeLast runs before the tracker goes with its last reference: nothing tells
   *     afterwards that the snapshot was deleted
   */
  public Left removeVolume(Pool pool, String snapshotId, String volume, Runnable beforeLast) {
    return remove(
        pool, snapshotId, volume, (count, there) -> without(count, there, volume), beforeLast);
  }

  private static Change without(long count, Map<String, String> there, String name) {
    String value = there.getOrDefault(name, "");
    return value.isEmpty()
        ? new Change(count, Map.of(), Set.of())
        : new Change(uncounted(count, value), Map.of(), Set.of(name));
  }

  private static long uncounted(long count, String value) {
    return value.equals(NORMAL) ? count - 1 : count;
  }

  /**
   * Removes the snapshot itself, so that no volume that comes later can keep it. Safe to repeat.
   */
  public Left removeSnapshot(Pool pool, String snapshotId) {
    return remove(
        pool, snapshotId, snapshotId, (count, there) -> masked(count, there, snapshotId), () -> {});
  }

  private static Change masked(long count, Map<String, String> there, String name) {
    String value = there.getOrDefault(name, "");
    return value.equals(MASK)
        ? new Change(count, Map.of(), Set.of())
        : new Change(uncounted(count, value), Map.of(name, MASK), Set.of());
  }

  private Left remove(Pool pool, String snapshotId, String name, Step step, Runnable beforeLast) {
    String object = OBJECT_PREFIX + snapshotId;
    for (int i = 0; i < MOST_ATTEMPTS; i++) {
      Optional<VersionedObject> read = read(pool, object, Set.of(name));
      if (read.isEmpty()) {
        return Left.NO_TRACKER;
      }
      Change change = step.from(count(object, read.get()), read.get().entries());
      if (change.count() < 0) {
        throw JournalConflict.brokenReferences(object, "it counts fewer references than it has");
      }
      if (change.count() == 0) {
        beforeLast.run();
        if (pool.removeObject(object, read.get().version())) {
          return Left.NONE;
        }
      } else if (change.none() || replace(pool, object, read.get(), change)) {
        return Left.SOME;
      }
    }
    throw tooMany(object);
  }

  private static boolean apply(Pool pool, String object, VersionedObject read, Step step) {
    Change change = step.from(count(object, read), read.entries());
    return change.none() || replace(pool, object, read, change);
  }

  private static boolean replace(Pool pool, String object, VersionedObject read, Change change) {
    return pool.replaceObject(
        object,
        read.version(),
        bytes(Math.toIntExact(change.count())),
        change.set(),
        new HashSet<>(change.removed()));
  }

  private static Optional<VersionedObject> read(Pool pool, String object, Set<String> keys) {
    Optional<VersionedObject> read = pool.readObject(object, Integer.BYTES, keys);
    read.ifPresent(r -> requireVersion(object, r));
    return read;
  }

  private static void requireVersion(String object, VersionedObject read) {
    byte[] version = read.attributes().getOrDefault(VERSION_ATTRIBUTE, new byte[0]);
    if (version.length != Integer.BYTES || ByteBuffer.wrap(version).getInt() != VERSION) {
      throw JournalConflict.brokenReferences(object, "it is of a version that is not known here");
    }
  }

  private static long count(String object, VersionedObject read) {
    try {
      return Integer.toUnsignedLong(ByteBuffer.wrap(read.data()).getInt());
    } catch (BufferUnderflowException e) {
      throw JournalConflict.brokenReferences(object, "its data is no number");
    }
  }

  private static byte[] bytes(int number) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
  }

  private static CephException tooMany(String object) {
    return new CephException(
        Errno.ECANCELED, "change object %s, which others change all the time".formatted(object));
  }
}
