package io.cephcsi.journal;

import io.cephcsi.ceph.OmapStore;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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
public final class VolumeJournal implements Makers {
  private static final String DEFAULT_IMAGE_PREFIX = "csi-vol-";
  private static final int UUID_LENGTH = 36;

  private static final String REQUEST_NAME = "csi.volname";
  private static final String IMAGE_NAME = Directory.IMAGE_NAME;
  private static final String IMAGE_ID = Directory.IMAGE_ID;
  private static final String OWNER = "csi.volume.owner";

  /** Our own key, outside of {@code csi.}, so that ceph-csi does not even read it. */
  private static final String PARAMETERS = "cephcsi.parameters";

  /** Only of CephFS volumes that show a snapshot and have no data of their own. */
  private static final String BACKING_SNAPSHOT_ID = "csi.volume.backingsnapshotid";

  private static final Set<String> KEYS =
      Directory.withEncryption(
          REQUEST_NAME,
          IMAGE_NAME,
          IMAGE_ID,
          OWNER,
          PARAMETERS,
          BACKING_SNAPSHOT_ID,
          Directory.SIZE,
          Directory.JOURNAL_POOL,
          Directory.DISCARDED);

  private final Directory names;

  /**
   * @param instanceId keeps the directories of several drivers in one pool apart
   */
  public VolumeJournal(String instanceId, Supplier<UUID> uuids) {
    this.names =
        new Directory(
            "csi.volumes." + instanceId, "csi.volume.", Set.of(IMAGE_ID, Directory.SIZE), uuids);
  }

  /**
   * Finds what the name owns, or makes it own a new UUID: two writes for a new name, two reads for
   * one that this process has met before. Names that a crash of ceph-csi left without an object, or
   * with an empty one, start anew.
   *
   * @throws JournalConflict when the name leads to another name's object or into another pool, or
   *     its value cannot be read
   */
  public Reservation reserve(Stores stores, VolumeRequest request) {
    Directory.Held held = names.held(stores, request.name());
    Optional<VolumeEntry> entry =
        read(stores.objects(), held.uuid()).filter(e -> !e.requestName().isEmpty());
    if (entry.isPresent()) {
      return found(request.name(), entry.get());
    }
    return names
        .take(stores, held, uuid -> keys(stores, entry(stores, request, uuid)))
        .map(uuid -> fresh(stores, held, entry(stores, request, uuid)))
        .orElseGet(() -> reserve(stores, request)); // now the directory is read
  }

  private Reservation found(String name, VolumeEntry entry) {
    if (!entry.requestName().equals(name)) {
      throw JournalConflict.otherOwner(name, names.objectOf(entry.uuid()), entry.requestName());
    }
    return new Reservation.Found(entry);
  }

  private Reservation fresh(Stores stores, Directory.Held before, VolumeEntry entry) {
    names.removeIfEmpty(stores.objects(), before.uuid());
    return new Reservation.Fresh(entry);
  }

  private static VolumeEntry entry(Stores stores, VolumeRequest request, String uuid) {
    return new VolumeEntry(
        uuid,
        request.name(),
        request.imagePrefix() + uuid,
        "",
        request.owner(),
        request.parameters(),
        Directory.otherPool(stores),
        false,
        false,
        request.backingSnapshotId(),
        OptionalLong.empty());
  }

  private static Map<String, String> keys(Stores stores, VolumeEntry entry) {
    Map<String, String> keys = new TreeMap<>(Directory.journalPool(stores));
    keys.put(REQUEST_NAME, entry.requestName());
    keys.put(IMAGE_NAME, entry.imageName());
    if (!entry.owner().isEmpty()) {
      keys.put(OWNER, entry.owner());
    }
    if (!entry.parameters().isEmpty()) {
      keys.put(PARAMETERS, entry.parameters());
    }
    if (!entry.backingSnapshotId().isEmpty()) {
      keys.put(BACKING_SNAPSHOT_ID, entry.backingSnapshotId());
    }
    return keys;
  }

  /**
   * What is known of a UUID, by one read; empty when its object is missing or has none of the keys.
   */
  public Optional<VolumeEntry> read(OmapStore objects, String uuid) {
    Map<String, String> keys = names.read(objects, uuid, KEYS);
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
            keys.getOrDefault(PARAMETERS, ""),
            Directory.journalPool(keys),
            keys.containsKey(Directory.DISCARDED),
            !Collections.disjoint(keys.keySet(), Directory.ENCRYPTION),
            keys.getOrDefault(BACKING_SNAPSHOT_ID, ""),
            keys.containsKey(Directory.SIZE)
                ? OptionalLong.of(Directory.size(keys))
                : OptionalLong.empty()));
  }

  /** The name of a UUID's object. */
  public String objectOf(String uuid) {
    return names.objectOf(uuid);
  }

  @Override
  public Optional<String> takeOver(OmapStore objects, String uuid) {
    return names.takeOver(objects, uuid);
  }

  @Override
  public boolean makes(OmapStore objects, String uuid, String maker) {
    return names.makes(objects, uuid, maker);
  }

  @Override
  public boolean giveUp(OmapStore objects, String uuid, String maker) {
    return names.giveUp(objects, uuid, maker);
  }

  @Override
  public boolean isGone(OmapStore objects, String uuid) {
    return read(objects, uuid).filter(e -> !e.discarded() || isWhole(e)).isEmpty();
  }

  private static boolean isWhole(VolumeEntry entry) {
    return !entry.imageId().isEmpty() || entry.sizeBytes().isPresent();
  }

  /**
   * Adds the image's id to the UUID's object, which says that the image is whole.
   *
   * @param maker empty for the call that made the reservation
   * @return false when the reservation is not this maker's any more, or gone
   */
  public boolean storeImageId(OmapStore objects, String uuid, String maker, String imageId) {
    return names.finish(objects, uuid, maker, Map.of(IMAGE_ID, imageId));
  }

  /**
   * Adds a volume's size to the UUID's object, which says that its subvolume is whole.
   *
   * @param maker empty for the call that made the reservation
   * @param sizeBytes 0 for no bound
   * @return false when the reservation is not this maker's any more, or gone
   */
  public boolean storeSize(OmapStore objects, String uuid, String maker, long sizeBytes) {
    return names.finish(objects, uuid, maker, size(sizeBytes));
  }

  /** Notes how large a whole volume is now; one that was removed meanwhile stays removed. */
  public void changeSize(OmapStore objects, String uuid, long sizeBytes) {
    var _ = objects.update(names.objectOf(uuid), size(sizeBytes));
  }

  private static Map<String, String> size(long bytes) {
    return Map.of(Directory.SIZE, Long.toString(bytes));
  }

  /**
   * Notes that the deletion of a volume has begun. Without that note nothing in the trash is purged
   * by itself: an image may be there by hand, or of a driver with another directory in the pool.
   */
  public void discard(OmapStore objects, String uuid) {
    names.discard(objects, uuid);
  }

  /**
   * As {@link #discard}, of a volume that was whole, and notes the id that its image has now: once
   * it is in the trash, only the id leads to it. It is another one than was stored when somebody
   * replaced the image, as {@code rbd migration} and mirroring do.
   */
  public void discard(OmapStore objects, String uuid, String imageId) {
    names.discard(objects, uuid, imageId);
  }

  /** Takes {@link #discard} back. */
  public void restore(OmapStore objects, String uuid) {
    names.restore(objects, uuid);
  }

  /** What remembers the UUID's image until it is purged. */
  public PurgeRecord purgeRecord(String uuid) {
    return names.purgeRecord(uuid);
  }

  /** Remembers an image that no journal knows and that is to be purged from the trash. */
  public PurgeRecord discardImage(OmapStore directory, String imageName, String imageId) {
    PurgeRecord record = names.purgeRecordOfImage(imageId);
    names.remember(directory, record, new PurgeRecord.Images(imageName, List.of(imageId)));
    return record;
  }

  /** All images that are still to be purged, the volumes' and those that no journal knows. */
  public Map<PurgeRecord, PurgeRecord.Images> purgeRecords(OmapStore directory) {
    return names.purgeRecords(directory);
  }

  /** Remembers in the directory of the image's pool that it is to be flattened. */
  public void rememberFlattening(OmapStore directory, String imageId) {
    names.rememberFlattening(directory, imageId);
  }

  /** Forgets it when that was done. */
  public void forgetFlattening(OmapStore directory, String imageId) {
    names.forgetFlattening(directory, imageId);
  }

  /** The ids of the images that are to be flattened. */
  public List<String> flattenings(OmapStore directory) {
    return names.flattenings(directory);
  }

  /** As {@link #forgetName}, and remembers the images by {@link #purgeRecord}, in one operation. */
  public void discardName(Stores stores, VolumeEntry entry, List<String> imageIds) {
    var images = new PurgeRecord.Images(entry.imageName(), imageIds);
    names.discardName(stores, entry.requestName(), entry.uuid(), images);
  }

  /**
   * Frees the name, if it still owns this UUID. The UUID's object stays, until {@link
   * #forgetObject}.
   *
   * <p>ceph-csi removes the object first and the name last. The result is the same; in between, its
   * order leaves a name that leads to nothing, which it then refuses for ever.
   */
  public void forgetName(Stores stores, VolumeEntry entry) {
    names.forgetName(stores, entry.requestName(), entry.uuid());
  }

  /** Removes the UUID's object; nothing is known of it any more. */
  public void forgetObject(OmapStore objects, String uuid) {
    names.forgetObject(objects, uuid);
  }

  /** Forgets a reservation whose image is gone or was never made; safe to repeat. */
  public void undo(Stores stores, VolumeEntry entry) {
    forgetName(stores, entry);
    forgetObject(stores.objects(), entry.uuid());
  }

  /** Whether the name owns anything, by one read. */
  public boolean hasName(OmapStore directory, String name) {
    return names.isTaken(directory, name);
  }

  /** Whether the entry's name still owns its UUID. */
  public boolean nameIsHeld(OmapStore store, VolumeEntry entry) {
    return names.holds(store, entry.requestName(), entry.uuid());
  }

  /** A page of the directory in the order of names, behind {@code afterName}; empty at its end. */
  public List<NamedUuid> page(OmapStore store, String afterName, int most) {
    return names.page(store, afterName, most);
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
}
