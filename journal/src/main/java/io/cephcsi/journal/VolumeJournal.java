package io.cephcsi.journal;

import io.cephcsi.ceph.OmapStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Remembers in RADOS which image each volume name owns, so that the same request always finds the
 * same image. Objects, keys and values are ceph-csi's.
 *
 * <p>Two objects hold a reservation: the directory {@code csi.volumes.<instance>} maps each name to
 * a UUID, and the UUID's own object {@code csi.volume.<uuid>} says the rest. Every read fetches by
 * key, and a name is taken by compare-and-set, so that it is safe against other processes too.
 */
public final class VolumeJournal {
  private static final String DIRECTORY = "csi.volumes.";
  private static final String NAME = "csi.volume.";
  private static final String OBJECT = "csi.volume.";
  private static final String DEFAULT_IMAGE_PREFIX = "csi-vol-";
  private static final int UUID_LENGTH = 36;

  private static final String REQUEST_NAME = "csi.volname";
  private static final String IMAGE_NAME = "csi.imagename";
  private static final String IMAGE_ID = "csi.imageid";
  private static final String OWNER = "csi.volume.owner";

  /** Our own key, outside of {@code csi.}, so that ceph-csi does not even read it. */
  private static final String PARAMETERS = "cephcsi.parameters";

  private static final Set<String> KEYS =
      Set.of(REQUEST_NAME, IMAGE_NAME, IMAGE_ID, OWNER, PARAMETERS);

  /** A UUID that is taken already is next to impossible; five are a broken generator. */
  private static final int MOST_UUIDS = 5;

  private final String directory;
  private final Supplier<UUID> uuids;

  /**
   * @param instanceId keeps the directories of several drivers in one pool apart
   */
  public VolumeJournal(String instanceId, Supplier<UUID> uuids) {
    this.directory = DIRECTORY + instanceId;
    this.uuids = uuids;
  }

  /**
   * Finds what the name owns, or makes it own a new UUID: one read and two writes for a new name,
   * two reads for a known one. Names that a crash of ceph-csi left without an object, or with an
   * empty one, start anew.
   *
   * @throws JournalConflict when the name leads to another name's object, or into another pool
   */
  public Reservation reserve(Stores stores, VolumeRequest request) {
    String held = directoryValue(stores, request.name());
    if (!held.isEmpty()) {
      requireThisPool(stores, request.name(), held);
      Optional<VolumeEntry> entry = read(stores.objects(), uuidIn(held));
      if (entry.isPresent() && !entry.get().requestName().isEmpty()) {
        return found(request.name(), entry.get());
      }
    }
    return make(stores, request, held);
  }

  /** Volumes of very old drivers may have their objects in another pool than their names. */
  private static void requireThisPool(Stores stores, String name, String held) {
    int slash = held.indexOf('/');
    if (slash < 0) {
      return;
    }
    long poolId = Long.parseUnsignedLong(held.substring(0, slash), 16);
    if (poolId != stores.objectsPoolId()) {
      throw new JournalConflict(
          "the name %s owns a volume whose image is in the pool with id %d: ask for it there"
              .formatted(name, poolId));
    }
  }

  private static Reservation found(String name, VolumeEntry entry) {
    if (!entry.requestName().equals(name)) {
      throw new JournalConflict(
          "the journal's entry of %s leads to object %s%s, which belongs to %s: find out which of the two is right, and remove the other's directory key"
              .formatted(name, OBJECT, entry.uuid(), entry.requestName()));
    }
    return new Reservation.Found(entry);
  }

  /**
   * Takes the name, whose directory value is {@code held} now.
   *
   * <p>The object goes first, whole. A crash between the two writes then leaves an object that no
   * name points to, and never a name that points to nothing.
   */
  private Reservation make(Stores stores, VolumeRequest request, String held) {
    VolumeEntry entry = makeObject(stores, request);
    boolean taken =
        stores.directory().compareAndPut(directory, NAME + request.name(), held, entry.uuid());
    if (taken) {
      if (!held.isEmpty()) {
        stores.objects().remove(OBJECT + uuidIn(held)); // empty, or gone already
      }
      return new Reservation.Fresh(entry);
    }
    stores.objects().remove(OBJECT + entry.uuid()); // somebody else was faster
    return reserve(stores, request);
  }

  private VolumeEntry makeObject(Stores stores, VolumeRequest request) {
    for (int i = 0; i < MOST_UUIDS; i++) {
      VolumeEntry entry = entry(request, uuids.get().toString());
      if (stores.objects().create(OBJECT + entry.uuid(), keys(entry))) {
        return entry;
      }
    }
    throw new IllegalStateException(MOST_UUIDS + " new UUIDs were taken already");
  }

  private static VolumeEntry entry(VolumeRequest request, String uuid) {
    return new VolumeEntry(
        uuid,
        request.name(),
        request.imagePrefix() + uuid,
        "",
        request.owner(),
        request.parameters());
  }

  private static Map<String, String> keys(VolumeEntry entry) {
    Map<String, String> keys = new TreeMap<>();
    keys.put(REQUEST_NAME, entry.requestName());
    keys.put(IMAGE_NAME, entry.imageName());
    if (!entry.owner().isEmpty()) {
      keys.put(OWNER, entry.owner());
    }
    if (!entry.parameters().isEmpty()) {
      keys.put(PARAMETERS, entry.parameters());
    }
    return keys;
  }

  /**
   * What is known of a UUID, by one read; empty when its object is missing or has none of the keys.
   */
  public Optional<VolumeEntry> read(OmapStore objects, String uuid) {
    Map<String, String> keys = objects.get(OBJECT + uuid, KEYS);
    if (keys.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new VolumeEntry(
            uuid,
            keys.getOrDefault(REQUEST_NAME, ""),
            keys.getOrDefault(IMAGE_NAME, DEFAULT_IMAGE_PREFIX + uuid),
            keys.getOrDefault(IMAGE_ID, ""),
            keys.getOrDefault(OWNER, ""),
            keys.getOrDefault(PARAMETERS, "")));
  }

  /** Adds the image's id to the UUID's object; one that was removed meanwhile stays removed. */
  public void storeImageId(OmapStore objects, String uuid, String imageId) {
    var _ = objects.update(OBJECT + uuid, Map.of(IMAGE_ID, imageId));
  }

  /**
   * Frees the name, if it still owns this UUID. The UUID's object stays: it is the record of an
   * image that is still to be purged, until {@link #forgetObject}.
   *
   * <p>ceph-csi removes the object first and the name last. The result is the same; in between, its
   * order leaves a name that leads to nothing, which it then refuses for ever.
   */
  public void forgetName(Stores stores, VolumeEntry entry) {
    String key = NAME + entry.requestName();
    OmapStore names = stores.directory();
    if (names.compareAndRemoveKey(directory, key, entry.uuid())) {
      return;
    }
    // Gone already, or another volume's now, or written with the pool's id in front.
    String held = directoryValue(stores, entry.requestName());
    if (held.endsWith("/" + entry.uuid())) {
      var _ = names.compareAndRemoveKey(directory, key, held);
    }
  }

  /** Removes the UUID's object; nothing is known of it any more. */
  public void forgetObject(OmapStore objects, String uuid) {
    objects.remove(OBJECT + uuid);
  }

  /** Forgets a reservation whose image is gone or was never made; safe to repeat. */
  public void undo(Stores stores, VolumeEntry entry) {
    forgetName(stores, entry);
    forgetObject(stores.objects(), entry.uuid());
  }

  /** Whether the entry's name still owns its UUID. */
  public boolean nameIsHeld(OmapStore store, VolumeEntry entry) {
    String key = NAME + entry.requestName();
    String held = store.get(directory, Set.of(key)).getOrDefault(key, "");
    return !held.isEmpty() && uuidIn(held).equals(entry.uuid());
  }

  /** A page of the directory in the order of names, behind {@code afterName}; empty at its end. */
  public List<NamedUuid> page(OmapStore store, String afterName, int most) {
    String after = afterName.isEmpty() ? "" : NAME + afterName;
    return store.list(directory, after, most).entrySet().stream()
        .filter(e -> e.getKey().startsWith(NAME))
        .map(e -> new NamedUuid(e.getKey().substring(NAME.length()), uuidIn(e.getValue())))
        .toList();
  }

  /** The UUID at the end of an image's name; empty when there is none. */
  public Optional<String> uuidOf(String imageName) {
    if (imageName.length() < UUID_LENGTH) {
      return Optional.empty();
    }
    String uuid = imageName.substring(imageName.length() - UUID_LENGTH);
    return uuid.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
        ? Optional.of(uuid)
        : Optional.empty();
  }

  private String directoryValue(Stores stores, String name) {
    String key = NAME + name;
    return stores.directory().get(directory, Set.of(key)).getOrDefault(key, "");
  }

  /** The UUID in a directory value: alone, or behind the image pool's id and a slash. */
  private static String uuidIn(String value) {
    return value.substring(value.indexOf('/') + 1);
  }
}
