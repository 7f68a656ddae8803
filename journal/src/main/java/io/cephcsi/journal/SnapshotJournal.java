package io.cephcsi.journal;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.cephcsi.ceph.OmapStore;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Remembers in RADOS which image each snapshot name owns, as {@link VolumeJournal} does for
 * volumes: the directory {@code csi.snaps.<instance>} and an object {@code csi.snap.<uuid>} for
 * each.
 */
public final class SnapshotJournal implements Makers {
  private static final String DEFAULT_IMAGE_PREFIX = "csi-snap-";

  private static final String REQUEST_NAME = "csi.snapname";
  private static final String IMAGE_NAME = Directory.IMAGE_NAME;
  private static final String IMAGE_ID = Directory.IMAGE_ID;
  private static final String SOURCE = "csi.source";

  private static final String GROUP_ID = "csi.groupid";

  /** With {@code volume}, although it is a snapshot's. */
  private static final String OWNER = "csi.volume.owner";

  /** ceph-csi has the owner of a CephFS snapshot under an empty key. */
  private static final String MISPLACED_OWNER = "";

  /** Our own key: the image's name alone does not tell the ids of volumes that we did not make. */
  private static final String SOURCE_ID = "cephcsi.sourceid";

  private static final Set<String> KEYS =
      Directory.withEncryption(
          REQUEST_NAME,
          IMAGE_NAME,
          IMAGE_ID,
          SOURCE,
          SOURCE_ID,
          OWNER,
          MISPLACED_OWNER,
          GROUP_ID,
          Directory.CUT_AT,
          Directory.SIZE,
          Directory.UNFINISHED,
          Directory.JOURNAL_POOL,
          Directory.DISCARDED);

  private final Directory names;

  /**
   * @param instanceId keeps the directories of several drivers in one pool apart
   */
  public SnapshotJournal(String instanceId, Supplier<UUID> uuids) {
    this.names =
        new Directory(
            "csi.snaps." + instanceId, "csi.snap.", Set.of(IMAGE_ID, Directory.CUT_AT), uuids);
  }

  /**
   * Finds what the name owns, or makes it own a new UUID: two writes for a new name, two reads for
   * one that this process has met before. An object without a source is no reservation; its name
   * starts anew.
   *
   * @throws JournalConflict when the name leads to another name's object or into another pool, or
   *     its value cannot be read
   */
  public SnapshotReservation reserve(Stores stores, SnapshotRequest request) {
    Directory.Held held = names.held(stores, request.name());
    Optional<SnapshotEntry> entry = read(stores.objects(), held.uuid());
    entry.ifPresent(e -> requireNamed(request.name(), e));
    if (entry.isPresent() && complete(entry.get())) {
      return found(request, entry.get());
    }
    Optional<String> taken =
        names.take(stores, held, uuid -> keys(stores, entry(stores, request, uuid)));
    if (taken.isEmpty()) {
      return reserve(stores, request); // now the directory is read
    }
    clear(stores, held, entry);
    return new SnapshotReservation.Fresh(entry(stores, request, taken.get()));
  }

  private void requireNamed(String name, SnapshotEntry entry) {
    if (!entry.requestName().isEmpty() && !entry.requestName().equals(name)) {
      throw JournalConflict.otherOwner(name, names.objectOf(entry.uuid()), entry.requestName());
    }
  }

  private static boolean complete(SnapshotEntry entry) {
    return !entry.requestName().isEmpty() && !entry.source().isEmpty();
  }

  private static SnapshotReservation found(SnapshotRequest request, SnapshotEntry entry) {
    return entry.source().equals(request.source())
        ? new SnapshotReservation.Found(entry)
        : new SnapshotReservation.OtherSource(entry);
  }

  /** Removes what the name led to before, unless it may be the last trace of an image. */
  private void clear(Stores stores, Directory.Held before, Optional<SnapshotEntry> entry) {
    if (entry.isEmpty()) {
      names.removeIfEmpty(stores.objects(), before.uuid());
    } else if (entry.get().source().isEmpty() && entry.get().imageId().isEmpty()) {
      names.forgetObject(stores.objects(), before.uuid());
    }
  }

  private static SnapshotEntry entry(Stores stores, SnapshotRequest request, String uuid) {
    return new SnapshotEntry(
        uuid,
        request.name(),
        request.imagePrefix() + uuid,
        "",
        request.source(),
        request.sourceId(),
        request.owner(),
        request.groupId(),
        Optional.empty(),
        Directory.otherPool(stores),
        false,
        false,
        false,
        request.sizeBytes());
  }

  private static Map<String, String> keys(Stores stores, SnapshotEntry entry) {
    Map<String, String> keys = new TreeMap<>(Directory.journalPool(stores));
    keys.put(REQUEST_NAME, entry.requestName());
    keys.put(IMAGE_NAME, entry.imageName());
    keys.put(SOURCE, entry.source());
    if (!entry.sourceId().isEmpty()) {
      keys.put(SOURCE_ID, entry.sourceId());
    }
    if (!entry.owner().isEmpty()) {
      keys.put(OWNER, entry.owner());
    }
    if (!entry.groupId().isEmpty()) {
      keys.put(GROUP_ID, entry.groupId());
    }
    keys.putAll(Directory.size(entry.sizeBytes()));
    return keys;
  }

  /**
   * What is known of a UUID, by one read; empty when its object is missing or has none of the keys.
   */
  public Optional<SnapshotEntry> read(OmapStore objects, String uuid) {
    Map<String, String> keys = names.read(objects, uuid, KEYS);
    return keys.isEmpty() ? Optional.empty() : Optional.of(entry(uuid, keys));
  }

  private static SnapshotEntry entry(String uuid, Map<String, String> keys) {
    return new SnapshotEntry(
        uuid,
        keys.getOrDefault(REQUEST_NAME, ""),
        keys.getOrDefault(IMAGE_NAME, DEFAULT_IMAGE_PREFIX + uuid),
        keys.getOrDefault(IMAGE_ID, ""),
        keys.getOrDefault(SOURCE, ""),
        keys.getOrDefault(SOURCE_ID, ""),
        keys.getOrDefault(OWNER, keys.getOrDefault(MISPLACED_OWNER, "")),
        keys.getOrDefault(GROUP_ID, ""),
        Optional.ofNullable(keys.get(Directory.CUT_AT)).map(Instant::parse),
        Directory.journalPool(keys),
        keys.containsKey(Directory.DISCARDED),
        !Collections.disjoint(keys.keySet(), Directory.ENCRYPTION),
        keys.containsKey(Directory.UNFINISHED),
        Directory.size(keys));
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

  private static boolean isWhole(SnapshotEntry entry) {
    return !entry.imageId().isEmpty() || entry.cutAt().isPresent();
  }

  /**
   * Adds the image's id, and when it was cut, to the UUID's object, which says that it is whole but
   * for what {@link #storeFinished} notes.
   *
   * @param maker empty for the call that made the reservation
   * @return false when the reservation is not this maker's any more, or gone
   */
  public boolean storeImage(
      OmapStore objects, String uuid, String maker, String imageId, Instant cutAt) {
    return names.finish(
        objects,
        uuid,
        maker,
        Map.of(
            IMAGE_ID, imageId, Directory.CUT_AT, cutAt.toString(), Directory.UNFINISHED, "true"));
  }

  /**
   * Adds when it was cut to the UUID's object, which says that a snapshot without an image of its
   * own is whole.
   *
   * @param maker empty for the call that made the reservation
   * @return false when the reservation is not this maker's any more, or gone
   */
  public boolean storeCut(OmapStore objects, String uuid, String maker, Instant cutAt) {
    return names.finish(objects, uuid, maker, Map.of(Directory.CUT_AT, cutAt.toString()));
  }

  /** Notes that the image has the snapshot too that restores are cloned from. */
  public void storeFinished(OmapStore objects, String uuid) {
    objects.removeKeys(names.objectOf(uuid), Set.of(Directory.UNFINISHED));
  }

  /**
   * Starts adding when it was cut to the UUID's object, of a member of a group: nobody else makes
   * it, and it counts when the group is finished. Nobody need wait for that.
   *
   * @return gets false when the object was removed meanwhile
   */
  @CanIgnoreReturnValue
  public CompletableFuture<Boolean> storeCutLater(OmapStore objects, String uuid, Instant cutAt) {
    return objects.updateAsync(names.objectOf(uuid), Map.of(Directory.CUT_AT, cutAt.toString()));
  }

  /** The name of a UUID's object. */
  public String objectOf(String uuid) {
    return names.objectOf(uuid);
  }

  /** Notes that the deletion has begun; as {@link VolumeJournal#discard}. */
  public void discard(OmapStore objects, String uuid) {
    names.discard(objects, uuid);
  }

  /** As {@link VolumeJournal#discard(OmapStore, String, String)}. */
  public void discard(OmapStore objects, String uuid, String imageId) {
    names.discard(objects, uuid, imageId);
  }

  /** Notes that the deletion was refused, and nothing of the snapshot is gone. */
  public void keep(OmapStore objects, String uuid) {
    names.keep(objects, uuid);
  }

  /** What remembers the UUID's image until it is purged. */
  public PurgeRecord purgeRecord(String uuid) {
    return names.purgeRecord(uuid);
  }

  /** All images of snapshots that are still to be purged. */
  public Map<PurgeRecord, PurgeRecord.Images> purgeRecords(OmapStore directory) {
    return names.purgeRecords(directory);
  }

  /** As {@link #forgetName}, and remembers the images by {@link #purgeRecord}, in one operation. */
  public void discardName(Stores stores, SnapshotEntry entry, List<String> imageIds) {
    var images = new PurgeRecord.Images(entry.imageName(), imageIds);
    names.discardName(stores, entry.requestName(), entry.uuid(), images);
  }

  /** Frees the name, if it still owns this UUID; as {@link VolumeJournal#forgetName}. */
  public void forgetName(Stores stores, SnapshotEntry entry) {
    names.forgetName(stores, entry.requestName(), entry.uuid());
  }

  /** Removes the UUID's object; nothing is known of it any more. */
  public void forgetObject(OmapStore objects, String uuid) {
    names.forgetObject(objects, uuid);
  }

  /** Forgets a reservation whose image is gone or was never made; safe to repeat. */
  public void undo(Stores stores, SnapshotEntry entry) {
    forgetName(stores, entry);
    forgetObject(stores.objects(), entry.uuid());
  }

  /** Whether the entry's name still owns its UUID. */
  public boolean nameIsHeld(OmapStore store, SnapshotEntry entry) {
    return names.holds(store, entry.requestName(), entry.uuid());
  }

  /** A page of the directory in the order of names, behind {@code afterName}; empty at its end. */
  public List<NamedUuid> page(OmapStore store, String afterName, int most) {
    return names.page(store, afterName, most);
  }
}
