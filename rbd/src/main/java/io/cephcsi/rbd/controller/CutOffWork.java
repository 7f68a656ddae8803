package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.TrashEntry;
import io.cephcsi.journal.PurgeRecord;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes up the background work that an earlier process, or another replica, could not end. Each
 * pool is looked into some time after its first use, and after a later one when the last look is
 * long ago: another replica may have led meanwhile, and be gone. What there is to do is known from
 * the cluster alone, by our own keys in the pool's directories.
 *
 * <p>Older versions had no such keys: of theirs it is an image in the trash whose journal object
 * says that it was deleted, while its name is free. What somebody moved to the trash by hand is
 * left alone.
 */
final class CutOffWork implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  private final ClusterThreads threads = new ClusterThreads("resume");

  /** When each pool was found to be due last, by {@link System#nanoTime}. */
  private final Map<String, Long> looks = new ConcurrentHashMap<>();

  private final Pools pools;
  private final VolumeJournal volumes;
  private final SnapshotJournal snapshots;
  private final Purger purger;
  private final Flattener flattener;
  private final Pace pace;

  /**
   * When a pool is looked into.
   *
   * @param after how long after its use
   * @param again how long after a look the next use makes it due again
   */
  record Pace(Duration after, Duration again) {}

  CutOffWork(
      Pools pools,
      VolumeJournal volumes,
      SnapshotJournal snapshots,
      Purger purger,
      Flattener flattener,
      Pace pace) {
    this.pools = pools;
    this.volumes = volumes;
    this.snapshots = snapshots;
    this.purger = purger;
    this.flattener = flattener;
    this.pace = pace;
  }

  /** Looks into the pool some time later, if that is due. */
  void resume(OpenPool opened) {
    String clusterId = opened.config().clusterId();
    long poolId = opened.pool().id();
    Credentials credentials = opened.credentials();
    if (isDue(clusterId + "/" + poolId)) {
      var _ = threads.run(clusterId, () -> resume(clusterId, poolId, credentials), pace.after());
    }
  }

  /** For one of those who ask at the same time. */
  private boolean isDue(String place) {
    long now = System.nanoTime();
    Long last = looks.putIfAbsent(place, now);
    return last == null
        || (now - last >= pace.again().toNanos() && looks.replace(place, last, now));
  }

  private void resume(String clusterId, long poolId, Credentials credentials) {
    try {
      var opened = pools.open(clusterId, poolId, credentials);
      if (opened.isPresent()) {
        try (OpenPool pool = opened.get()) {
          resumeNow(pool);
        }
      }
    } catch (RuntimeException e) {
      looks.remove(clusterId + "/" + poolId); // the next call on the pool tries again
      LOG.log(Level.WARNING, "look for cut off work in cluster " + clusterId, e);
    }
  }

  private void resumeNow(OpenPool opened) {
    Pool pool = opened.pool();
    List<TrashEntry> trash = pool.trashEntries(); // first: a deletion comes here before its record
    Map<PurgeRecord, PurgeRecord.Images> records = new HashMap<>(volumes.purgeRecords(pool));
    records.putAll(snapshots.purgeRecords(pool));
    records.forEach((record, images) ->
        purgeUnlessKnown(opened, new Purger.Discarded(record, images.name(), images.ids())));
    unrecorded(pool, trash, records.keySet()).forEach(what -> purgeUnlessKnown(opened, what));
    for (String imageId : volumes.flattenings(pool)) {
      flattener.flatten(opened.config().clusterId(), pool.id(), imageId, opened.credentials());
    }
  }

  private void purgeUnlessKnown(OpenPool opened, Purger.Discarded what) {
    if (!purger.has(opened, what)) {
      purger.purge(opened, what);
    }
  }

  /**
   * What the trash has of volumes and snapshots whose names are free and that have no record, one
   * for each of those. Nothing is read of what has one.
   */
  private List<Purger.Discarded> unrecorded(
      Pool pool, List<TrashEntry> trash, Set<PurgeRecord> known) {
    Map<String, List<TrashEntry>> byUuid = new TreeMap<>();
    for (TrashEntry entry : trash) {
      volumes
          .uuidOf(IntermediateImage.withoutSuffix(entry.name()))
          .filter(uuid -> !known.contains(volumes.purgeRecord(uuid)))
          .filter(uuid -> !known.contains(snapshots.purgeRecord(uuid)))
          .ifPresent(uuid -> byUuid.computeIfAbsent(uuid, _ -> new ArrayList<>()).add(entry));
    }
    List<Purger.Discarded> found = new ArrayList<>();
    byUuid.forEach((uuid, entries) -> discarded(pool, uuid, entries).ifPresent(found::add));
    return found;
  }

  private Optional<Purger.Discarded> discarded(Pool pool, String uuid, List<TrashEntry> trashed) {
    Optional<VolumeEntry> volume = volumes.read(pool, uuid);
    if (volume.isPresent()) {
      return volume
          .filter(e -> e.discarded() && !volumes.nameIsHeld(pool, e))
          .map(e -> discarded(volumes.purgeRecord(uuid), e.imageName(), e.imageId(), trashed));
    }
    return snapshots
        .read(pool, uuid)
        .filter(e -> e.discarded() && !snapshots.nameIsHeld(pool, e))
        .map(e -> discarded(snapshots.purgeRecord(uuid), e.imageName(), e.imageId(), trashed));
  }

  /** The image itself first, since the one between it and its source can only follow it. */
  private static Purger.Discarded discarded(
      PurgeRecord record, String imageName, String imageId, List<TrashEntry> trashed) {
    List<String> ids = new ArrayList<>();
    for (TrashEntry entry : trashed) {
      boolean known = imageId.isEmpty() || imageId.equals(entry.imageId());
      if (entry.name().equals(imageName) && known) {
        ids.addFirst(entry.imageId());
      } else if (entry.name().equals(IntermediateImage.of(imageName))) {
        ids.add(entry.imageId());
      }
    }
    return new Purger.Discarded(record, imageName, ids);
  }

  @Override
  public void close() {
    threads.close();
  }
}
