package io.cephcsi.journal;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.OmapStore;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names and the UUIDs that they own: one omap object that maps each name to a UUID, and an object
 * for each UUID. Volumes, snapshots and groups have one each, alike but for the prefixes.
 */
final class Directory {
  /** The UUID alone, or behind the id of the pool that its object is in. */
  private static final Pattern VALUE = Pattern.compile("(?:([0-9a-fA-F]{16})/)?([^/]{36})");

  private static final Pattern POOL = Pattern.compile("[0-9a-fA-F]{16}");

  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,18}");

  /** In a UUID's object: the pool with the directory, only when that is another one. */
  static final String JOURNAL_POOL = "csi.journalpool";

  /** In a UUID's object: our own key, there when the deletion has begun. */
  static final String DISCARDED = "cephcsi.discarded";

  /**
   * In a UUID's object: our own key, for what costs a command to the manager to find out. It is
   * what this driver did last, and not more: others may have changed it since. Of a volume it is
   * there when its subvolume is whole.
   */
  static final String SIZE = "cephcsi.bytes";

  /** In a UUID's object: the id of its image, there when the image is whole. */
  static final String IMAGE_ID = "csi.imageid";

  /**
   * In a UUID's object: our own key, there while a call goes on with what another one began. Which
   * one that is; the call that began has none.
   */
  static final String MAKER = "cephcsi.maker";

  /**
   * In a snapshot's object: our own key, when its volume was cut; there when the snapshot is whole.
   */
  static final String CUT_AT = "cephcsi.cutat";

  /**
   * In a snapshot's object: our own key, there until the image has its own snapshot, which follows
   * the caller's answer.
   */
  static final String UNFINISHED = "cephcsi.unfinished";

  /** In a UUID's object: the name of its image. */
  static final String IMAGE_NAME = "csi.imagename";

  /** In a UUID's object: what changes while what it is about is made or deleted. */
  static final Set<String> PROGRESS = Set.of(IMAGE_ID, SIZE, CUT_AT, MAKER, DISCARDED);

  /** In the directory: our own key of an image that is to be flattened, with its id behind. */
  private static final String FLATTEN = "cephcsi.flatten.";

  private static final int MOST_FLATTENINGS = 1000;

  /** In a UUID's object of an encrypted image: who has its key, and how it is encrypted. */
  static final Set<String> ENCRYPTION =
      Set.of("csi.volume.encryptKMS", "csi.volume.encryptionType");

  /** A UUID that is taken already is next to impossible; five are a broken generator. */
  private static final int MOST_UUIDS = 5;

  private final String object;
  private final String prefix;
  private final Set<String> wholeBy;
  private final Supplier<UUID> uuids;
  private final SeenNames seen = new SeenNames();

  /**
   * @param object the omap object with the names
   * @param prefix stands before each name in its key, and before each UUID in its object's name
   * @param wholeBy the keys of a UUID's object of which any says that what it is about is whole
   */
  Directory(String object, String prefix, Set<String> wholeBy, Supplier<UUID> uuids) {
    this.object = object;
    this.prefix = prefix;
    this.wholeBy = Set.copyOf(wholeBy);
    this.uuids = uuids;
  }

  /**
   * What a name owns.
   *
   * @param value the directory's value as it is stored; empty when the name is free
   * @param uuid empty when the name is free, or leads to a pool that is gone
   * @param looked whether the directory was read; otherwise the name is only taken to be free
   */
  record Held(String name, String value, String uuid, boolean looked) {
    private static Held free(String name, boolean looked) {
      return new Held(name, "", "", looked);
    }
  }

  /** The keys to be read of a UUID's object, and those that tell of encryption. */
  static Set<String> withEncryption(String... keys) {
    Set<String> all = new TreeSet<>(ENCRYPTION);
    all.addAll(List.of(keys));
    return Set.copyOf(all);
  }

  /** The name of a UUID's object. */
  String objectOf(String uuid) {
    return prefix + uuid;
  }

  /**
   * What the name owns, by one read; by none when it is a new one to this process, which {@link
   * #take} finds out.
   *
   * @throws JournalConflict when it leads to a pool that is there and not one of these
   */
  Held held(Stores stores, String name) {
    if (seen.firstTime(name)) {
      return Held.free(name, false);
    }
    String value = value(stores.directory(), name);
    if (value.isEmpty()) {
      return Held.free(name, true);
    }
    Matcher parts = VALUE.matcher(value);
    if (!parts.matches()) {
      throw JournalConflict.unreadable(name, value);
    }
    String pool = parts.group(1);
    long poolId = pool == null ? stores.directory().id() : Long.parseUnsignedLong(pool, 16);
    if (poolId == stores.objectsPoolId()) {
      return new Held(name, value, parts.group(2), true);
    }
    if (stores.poolExists().test(poolId)) {
      throw JournalConflict.otherPool(name, value, poolId);
    }
    return new Held(name, value, "", true);
  }

  /**
   * Gives the name a new UUID and makes its object, by two writes.
   *
   * <p>The object goes first, whole. A crash between the two leaves a small object that no name
   * leads to: nobody meets it, and no image belongs to it. The other order would leave a name that
   * leads to nothing, which ceph-csi refuses for ever, should it be put back.
   *
   * @param held what the name owns now; it is taken only if that is still so
   * @param keys the object's entries, by UUID
   * @return the UUID; empty when the name owns something else by now, or did when nobody had
   *     looked: then nothing is left of this, and who calls is to look again
   */
  Optional<String> take(Stores stores, Held held, Function<String, Map<String, String>> keys) {
    try {
      String uuid = makeObject(stores.objects(), keys);
      if (put(stores, held, uuid)) {
        return Optional.of(uuid);
      }
      forgetObject(stores.objects(), uuid);
    } catch (CephException e) {
      if (held.looked() || e.leavesDoubt()) {
        throw e;
      }
      // A full pool, for instance, does not keep one from finding what there is.
    }
    return Optional.empty();
  }

  private boolean put(Stores stores, Held held, String uuid) {
    String value = stores.inOnePool() ? uuid : withPool(stores, uuid);
    try {
      return stores.directory().compareAndPut(object, key(held.name()), held.value(), value);
    } catch (CephException e) {
      if (!e.leavesDoubt()) {
        forgetObject(stores.objects(), uuid); // a full pool still lets objects be removed
      }
      throw e;
    }
  }

  private String makeObject(OmapStore objects, Function<String, Map<String, String>> keys) {
    for (int i = 0; i < MOST_UUIDS; i++) {
      String uuid = uuids.get().toString();
      if (objects.create(objectOf(uuid), keys.apply(uuid))) {
        return uuid;
      }
    }
    throw new IllegalStateException(MOST_UUIDS + " new UUIDs were taken already");
  }

  /**
   * Lets a call go on with what another one began and may still be at: that one can neither finish
   * nor undo it from now on.
   *
   * @return whose it is now; empty when it was finished, is being undone, or another process took
   *     it over just now
   */
  Optional<String> takeOver(OmapStore objects, String uuid) {
    Map<String, String> now = objects.get(objectOf(uuid), made("").keySet());
    if (!isMade(now)) {
      return Optional.empty();
    }
    String maker = UUID.randomUUID().toString();
    return objects.compareAndUpdate(
            objectOf(uuid), made(now.getOrDefault(MAKER, "")), Map.of(MAKER, maker), Set.of())
        ? Optional.of(maker)
        : Optional.empty();
  }

  /** What is so as long as the maker is at it. */
  private Map<String, String> made(String maker) {
    Map<String, String> keys = new TreeMap<>(Map.of(MAKER, maker, DISCARDED, ""));
    wholeBy.forEach(key -> keys.put(key, ""));
    return keys;
  }

  /** Whether it is neither finished nor taken back. */
  private boolean isMade(Map<String, String> keys) {
    return !keys.containsKey(DISCARDED) && Collections.disjoint(keys.keySet(), wholeBy);
  }

  /** Whether it is still this maker's to finish. */
  boolean makes(OmapStore objects, String uuid, String maker) {
    Map<String, String> now = objects.get(objectOf(uuid), made(maker).keySet());
    return now.getOrDefault(MAKER, "").equals(maker) && isMade(now);
  }

  /**
   * Adds what is known of what is whole now.
   *
   * @param maker empty for the call that began
   * @return false when it is not this maker's any more
   */
  boolean finish(OmapStore objects, String uuid, String maker, Map<String, String> keys) {
    return objects.compareAndUpdate(objectOf(uuid), made(maker), keys, Set.of(MAKER));
  }

  /**
   * Notes that what was begun is taken back, so that nobody takes it over.
   *
   * @return false when it is not this maker's any more
   */
  boolean giveUp(OmapStore objects, String uuid, String maker) {
    return objects.compareAndUpdate(
        objectOf(uuid), made(maker), Map.of(DISCARDED, "true"), Set.of());
  }

  /** What remembers the UUID's image until it is purged. */
  PurgeRecord purgeRecord(String uuid) {
    return PurgeRecord.of(object, uuid, objectOf(uuid));
  }

  /** What remembers an image that no journal knows. */
  PurgeRecord purgeRecordOfImage(String imageId) {
    return PurgeRecord.ofImage(object, imageId);
  }

  /** Notes an image that is to be purged. */
  void remember(OmapStore directory, PurgeRecord record, PurgeRecord.Images images) {
    var _ = directory.compareAndPut(object, record.key(), "", images.text());
  }

  /** All images that are still to be purged. */
  Map<PurgeRecord, PurgeRecord.Images> purgeRecords(OmapStore directory) {
    return PurgeRecord.all(directory, object, prefix);
  }

  /**
   * Frees the name, and remembers the images that are to be purged, in one operation. Where the
   * directory is in another pool than they are, they are only to be found in the trash.
   */
  void discardName(Stores stores, String name, String uuid, PurgeRecord.Images images) {
    boolean done =
        stores.inOnePool()
            && (discardName(stores, name, uuid, uuid, images)
                || discardName(stores, name, uuid, withPool(stores, uuid), images));
    if (!done) {
      forgetName(stores, name, uuid);
    }
  }

  private boolean discardName(
      Stores stores, String name, String uuid, String value, PurgeRecord.Images images) {
    return stores
        .directory()
        .compareAndUpdate(
            object,
            Map.of(key(name), value),
            Map.of(purgeRecord(uuid).key(), images.text()),
            Set.of(key(name)));
  }

  /** Notes in the directory that an image is to be flattened. */
  void rememberFlattening(OmapStore directory, String imageId) {
    var _ = directory.compareAndPut(object, FLATTEN + imageId, "", "true");
  }

  void forgetFlattening(OmapStore directory, String imageId) {
    directory.removeKeys(object, Set.of(FLATTEN + imageId));
  }

  /** The ids of all images that are to be flattened; they are few at any time. */
  List<String> flattenings(OmapStore directory) {
    return directory.list(object, FLATTEN, MOST_FLATTENINGS).keySet().stream()
        .takeWhile(key -> key.startsWith(FLATTEN))
        .map(key -> key.substring(FLATTEN.length()))
        .toList();
  }

  /** Takes the note back that the deletion has begun. */
  void restore(OmapStore objects, String uuid) {
    objects.removeKeys(objectOf(uuid), Set.of(DISCARDED));
  }

  /** Frees the name if it still owns the UUID, in either form of the value. */
  void forgetName(Stores stores, String name, String uuid) {
    boolean plain =
        stores.inOnePool() && stores.directory().compareAndRemoveKey(object, key(name), uuid);
    if (!plain) {
      var _ = stores.directory().compareAndRemoveKey(object, key(name), withPool(stores, uuid));
    }
  }

  /** Those of the keys that the UUID's object has, by one read; none for an empty UUID. */
  Map<String, String> read(OmapStore objects, String uuid, Set<String> keys) {
    return uuid.isEmpty() ? Map.of() : objects.get(objectOf(uuid), keys);
  }

  /**
   * Removes the object of a UUID that lost its name. One that has anything in it may be the last
   * trace of an image, so it stays.
   */
  void removeIfEmpty(OmapStore objects, String uuid) {
    if (!uuid.isEmpty() && objects.list(objectOf(uuid), "", 1).isEmpty()) {
      forgetObject(objects, uuid);
    }
  }

  /** Notes in the UUID's object that the deletion has begun; a removed one stays removed. */
  void discard(OmapStore objects, String uuid) {
    var _ = objects.update(objectOf(uuid), Map.of(DISCARDED, "true"));
  }

  /** As {@link #discard}, and notes the id that the image has now. */
  void discard(OmapStore objects, String uuid, String imageId) {
    var _ = objects.update(objectOf(uuid), Map.of(DISCARDED, "true", IMAGE_ID, imageId));
  }

  /** Takes that note back. */
  void keep(OmapStore objects, String uuid) {
    objects.removeKeys(objectOf(uuid), Set.of(DISCARDED));
  }

  /** Removes the UUID's object. */
  void forgetObject(OmapStore objects, String uuid) {
    objects.remove(objectOf(uuid));
  }

  /** Whether the name owns anything. */
  boolean isTaken(OmapStore directory, String name) {
    return !value(directory, name).isEmpty();
  }

  /** Whether the name owns the UUID. */
  boolean holds(OmapStore directory, String name, String uuid) {
    return uuidIn(value(directory, name)).equals(uuid);
  }

  /** A page of names in their order, behind {@code afterName}; empty at the end. */
  List<NamedUuid> page(OmapStore directory, String afterName, int most) {
    // Keys with the prefix stand together, so that the first foreign one behind it ends them.
    return directory.list(object, key(afterName), most).entrySet().stream()
        .takeWhile(e -> e.getKey().startsWith(prefix))
        .map(e -> new NamedUuid(e.getKey().substring(prefix.length()), uuidIn(e.getValue())))
        .toList();
  }

  private String value(OmapStore directory, String name) {
    return directory.get(object, Set.of(key(name))).getOrDefault(key(name), "");
  }

  private String key(String name) {
    return prefix + name;
  }

  private static String withPool(Stores stores, String uuid) {
    return poolText(stores.objectsPoolId()) + "/" + uuid;
  }

  /** The directory's pool when it is not that of the objects. */
  static OptionalLong otherPool(Stores stores) {
    return stores.inOnePool() ? OptionalLong.empty() : OptionalLong.of(stores.directory().id());
  }

  /** What a new UUID's object says of where the directory is. */
  static Map<String, String> journalPool(Stores stores) {
    return stores.inOnePool() ? Map.of() : Map.of(JOURNAL_POOL, poolText(stores.directory().id()));
  }

  /** Where a UUID's object says that the directory is; empty for its own pool. */
  static OptionalLong journalPool(Map<String, String> keys) {
    String pool = keys.getOrDefault(JOURNAL_POOL, "");
    return POOL.matcher(pool).matches()
        ? OptionalLong.of(Long.parseUnsignedLong(pool, 16))
        : OptionalLong.empty();
  }

  /** What a UUID's object says of a size; nothing for 0. */
  static Map<String, String> size(long bytes) {
    return bytes == 0 ? Map.of() : Map.of(SIZE, Long.toString(bytes));
  }

  /** The size in a UUID's object; 0 when it does not say. */
  static long size(Map<String, String> keys) {
    String bytes = keys.getOrDefault(SIZE, "");
    return DIGITS.matcher(bytes).matches() ? Long.parseLong(bytes) : 0;
  }

  private static String poolText(long poolId) {
    return "%016x".formatted(poolId);
  }

  /** Whether a value has a form that {@link #held} reads. */
  static boolean readable(String value) {
    return VALUE.matcher(value).matches();
  }

  /** The pool that a value names; empty for the directory's own. */
  static OptionalLong poolIn(String value) {
    Matcher parts = VALUE.matcher(value);
    return parts.matches() && parts.group(1) != null
        ? OptionalLong.of(Long.parseUnsignedLong(parts.group(1), 16))
        : OptionalLong.empty();
  }

  static String uuidIn(String value) {
    return value.substring(value.indexOf('/') + 1);
  }
}
