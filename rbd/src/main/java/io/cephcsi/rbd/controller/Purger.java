package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.TrashEntry;
import io.cephcsi.csi.Phase;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Purges the images of deleted volumes and snapshots from the trash, in the background, one at a
 * time, when no calls run. An image that clones still need waits for the last of them to go.
 *
 * <p>What is still to be purged is known from the cluster alone: an image in the trash whose
 * journal object is there while its name is free. So a purge that a crash cut off is taken up again
 * by {@link #resume}, also by another replica, and an image that somebody moved to the trash by
 * hand is left alone. The journal object goes last.
 */
final class Purger implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** One: each keeps a core busy in librbd, and nobody waits for it. */
  private static final int THREADS = 1;

  /** A purge gives way to calls until it is this old. */
  private static final Duration GIVES_WAY = Duration.ofSeconds(10);

  private static final Duration QUIET = Duration.ofMillis(50);

  /**
   * An image with more objects than this, and no object map that tells which exist, is handed to
   * the manager, which goes on when this driver stops: its purge takes minutes.
   */
  private static final long MOST_OBJECTS = 16_384;

  private static final long OBJECT_BYTES = 4L << 20;
  private static final Duration MANAGER_PATIENCE = Duration.ofSeconds(5);
  private static final Duration RETRY = Duration.ofSeconds(30);

  /** What waits for clones to be deleted can wait long, and is woken when the last one goes. */
  private static final Duration LONGEST_RETRY = Duration.ofHours(1);

  private final ScheduledExecutorService threads =
      Executors.newScheduledThreadPool(
          THREADS, Thread.ofPlatform().daemon().name("purge-", 0).factory());
  private final Set<String> resumed = ConcurrentHashMap.newKeySet();
  private final Map<String, Trashed> waitingForClones = new ConcurrentHashMap<>();
  private final Set<String> pending = ConcurrentHashMap.newKeySet();
  private final Pools pools;
  private final VolumeJournal volumes;
  private final SnapshotJournal snapshots;
  private final Duration resumeAfter;
  private final IntSupplier callsInFlight;

  /**
   * What is to be purged.
   *
   * @param object the journal's object, which goes last; empty for an image that no journal knows
   * @param imageName by which the trash is searched when no id is known
   * @param imageIds in the order of purging
   */
  record Discarded(String object, String imageName, List<String> imageIds) {}

  /** Where it is, and how often it was tried. */
  private record Trashed(
      String clusterId, long poolId, Credentials credentials, Discarded what, int tries) {
    Trashed again() {
      return new Trashed(clusterId, poolId, credentials, what, tries + 1);
    }

    Duration delay() {
      Duration delay = RETRY.multipliedBy(1L << Math.min(tries, 10));
      return delay.compareTo(LONGEST_RETRY) < 0 ? delay : LONGEST_RETRY;
    }

    @Override
    public String toString() {
      return "image %s in pool %d of cluster %s".formatted(what.imageName(), poolId, clusterId);
    }
  }

  /**
   * @param resumeAfter how long after a pool's first use purges that were cut off are looked for
   * @param callsInFlight how many calls run now, to which purges give way
   */
  Purger(
      Pools pools,
      VolumeJournal volumes,
      SnapshotJournal snapshots,
      Duration resumeAfter,
      IntSupplier callsInFlight) {
    this.pools = pools;
    this.volumes = volumes;
    this.snapshots = snapshots;
    this.resumeAfter = resumeAfter;
    this.callsInFlight = callsInFlight;
  }

  /** Purges the images soon, then removes the journal's object; returns at once. */
  void purge(OpenPool opened, Discarded what) {
    var trashed =
        new Trashed(opened.config().clusterId(), opened.pool().id(), opened.credentials(), what, 0);
    long asked = System.nanoTime();
    pending.add(trashed.toString());
    threads.execute(() -> purgeInTurn(trashed, asked));
  }

  private void purgeInTurn(Trashed trashed, long asked) {
    if (gaveWay(asked)) {
      purge(trashed);
    }
  }

  /**
   * Waits until no call has run for a short while, or the purge is due.
   *
   * @return false when the driver ends; its next start takes the purge up
   */
  private boolean gaveWay(long asked) {
    try {
      long lastBusy = System.nanoTime();
      for (long now = lastBusy;
          now - lastBusy < QUIET.toNanos() && now - asked < GIVES_WAY.toNanos();
          now = System.nanoTime()) {
        Thread.sleep(QUIET.dividedBy(10));
        lastBusy = callsInFlight.getAsInt() > 0 ? System.nanoTime() : lastBusy;
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Looks once in this process's life for purges in the pool that were cut off, some time later.
   */
  void resume(OpenPool opened) {
    String clusterId = opened.config().clusterId();
    long poolId = opened.pool().id();
    Credentials credentials = opened.credentials();
    if (resumed.add(clusterId + "/" + poolId)) {
      var _ =
          threads.schedule(
              () -> resume(clusterId, poolId, credentials),
              resumeAfter.toMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  private void resume(String clusterId, long poolId, Credentials credentials) {
    try {
      var opened = pools.open(clusterId, poolId, credentials);
      if (opened.isPresent()) {
        try (OpenPool pool = opened.get()) {
          cutOff(pool.pool()).forEach(what -> purge(pool, what));
        }
      }
    } catch (RuntimeException e) {
      resumed.remove(clusterId + "/" + poolId); // the next call on the pool tries again
      LOG.log(Level.WARNING, "look for cut off purges in cluster " + clusterId, e);
    }
  }

  /** What the trash has of volumes and snapshots whose names are free, one for each of those. */
  private List<Discarded> cutOff(Pool pool) {
    Map<String, List<TrashEntry>> byUuid = new TreeMap<>();
    for (TrashEntry entry : pool.trashEntries()) {
      volumes
          .uuidOf(IntermediateImage.withoutSuffix(entry.name()))
          .ifPresent(uuid -> byUuid.computeIfAbsent(uuid, _ -> new ArrayList<>()).add(entry));
    }
    List<Discarded> cutOff = new ArrayList<>();
    byUuid.forEach((uuid, entries) -> discarded(pool, uuid, entries).ifPresent(cutOff::add));
    return cutOff;
  }

  private Optional<Discarded> discarded(Pool pool, String uuid, List<TrashEntry> trashed) {
    Optional<VolumeEntry> volume = volumes.read(pool, uuid);
    if (volume.isPresent()) {
      return volume
          .filter(e -> e.discarded() && !volumes.nameIsHeld(pool, e))
          .map(e -> discarded(volumes.objectOf(uuid), e.imageName(), e.imageId(), trashed));
    }
    return snapshots
        .read(pool, uuid)
        .filter(e -> e.discarded() && !snapshots.nameIsHeld(pool, e))
        .map(e -> discarded(snapshots.objectOf(uuid), e.imageName(), e.imageId(), trashed));
  }

  /** The image itself first, since the one between it and its source can only follow it. */
  private static Discarded discarded(
      String object, String imageName, String imageId, List<TrashEntry> trashed) {
    List<String> ids = new ArrayList<>();
    for (TrashEntry entry : trashed) {
      boolean known = imageId.isEmpty() || imageId.equals(entry.imageId());
      if (entry.name().equals(imageName) && known) {
        ids.addFirst(entry.imageId());
      } else if (entry.name().equals(IntermediateImage.of(imageName))) {
        ids.add(entry.imageId());
      }
    }
    return new Discarded(object, imageName, ids);
  }

  // A background task has no caller to fail to: what goes wrong is logged and tried again.
  private void purge(Trashed trashed) {
    try {
      var opened = pools.open(trashed.clusterId(), trashed.poolId(), trashed.credentials());
      if (opened.isPresent()) {
        try (OpenPool pool = opened.get()) {
          purgeNow(pool, trashed);
        }
      }
      pending.remove(trashed.toString());
    } catch (RuntimeException e) {
      if (!threads.isShutdown()) {
        retry(trashed, e);
      }
    }
  }

  private void retry(Trashed trashed, RuntimeException failure) {
    Duration delay = trashed.delay();
    boolean hasClones = failure instanceof CephException e && e.errno() == Errno.ENOTEMPTY;
    if (!hasClones) {
      LOG.log(Level.WARNING, "purge " + trashed + ", again in " + delay, failure);
    } else if (trashed.tries() == 0) {
      LOG.log(Level.INFO, "purge of " + trashed + " waits until its snapshots' clones are gone");
    }
    var _ = threads.schedule(() -> purge(trashed.again()), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void purgeNow(OpenPool opened, Trashed trashed) {
    Pool pool = opened.pool();
    List<String> ids = trashed.what().imageIds();
    for (String id : ids.isEmpty() ? inTrash(pool, trashed.what().imageName()) : ids) {
      waitingForClones.put(trashed.clusterId() + "/" + id, trashed);
      Optional<ParentLink> parent = pool.imageParent(id);
      if (!large(pool, id) || !handOver(opened, id)) {
        removeWithLeftovers(pool, id);
      }
      waitingForClones.remove(trashed.clusterId() + "/" + id);
      parent.ifPresent(link -> wake(trashed.clusterId() + "/" + link.imageId()));
    }
    if (!trashed.what().object().isEmpty()) {
      pool.remove(trashed.what().object());
    }
  }

  /** Looks again at a discarded image whose clone was removed. */
  void cloneIsGone(OpenPool opened, ParentLink parent) {
    wake(opened.config().clusterId() + "/" + parent.imageId());
  }

  /** A clone of it is gone: perhaps it was the last. */
  private void wake(String image) {
    Trashed waiting = waitingForClones.remove(image);
    if (waiting != null) {
      threads.execute(() -> purge(waiting));
    }
  }

  /** Only of a volume whose image's id nobody stored: a driver stopped just before it. */
  private static List<String> inTrash(Pool pool, String imageName) {
    return pool.trashEntries().stream()
        .filter(entry -> entry.name().equals(imageName))
        .map(TrashEntry::imageId)
        .toList();
  }

  private static boolean large(Pool pool, String imageId) {
    ImageHeader header = pool.imageHeader(imageId).orElse(new ImageHeader(0, 0));
    return header.sizeBytes() / OBJECT_BYTES > MOST_OBJECTS
        && !Feature.OBJECT_MAP.in(header.features());
  }

  /** Whether the manager took the task over; it keeps its tasks in the pool. */
  private static boolean handOver(OpenPool opened, String imageId) {
    Pool pool = opened.pool();
    String namespace = pool.namespace().isEmpty() ? "" : pool.namespace() + "/";
    String command =
        """
        {"prefix":"rbd task add trash remove","image_id_spec":"%s/%s%s","format":"json"}\
        """
            .formatted(pool.name(), namespace, imageId);
    try (var _ = Phase.MGR.begin()) {
      var _ = opened.cluster().managerCommand(command, MANAGER_PATIENCE);
      return true;
    } catch (CephException e) {
      return false;
    }
  }

  /** An interrupted copy of this or another driver leaves a snapshot, which nobody needs now. */
  private void removeWithLeftovers(Pool pool, String imageId) {
    try {
      removeFromTrash(pool, imageId);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOTEMPTY || !forgetLeftovers(pool, imageId)) {
        throw e;
      }
      removeFromTrash(pool, imageId);
    }
  }

  private boolean forgetLeftovers(Pool pool, String imageId) {
    try (Image image = pool.openImageById(imageId)) {
      List<ImageSnapshot> leftovers = image.snapshots().stream().filter(this::isLeftover).toList();
      leftovers.forEach(snapshot -> Cuts.remove(image, snapshot.name()));
      return !leftovers.isEmpty();
    }
  }

  /** Not one that somebody made by hand. */
  private boolean isLeftover(ImageSnapshot snapshot) {
    return snapshot.kind() == ImageSnapshot.Kind.USER
        && volumes.uuidOf(IntermediateImage.withoutSuffix(snapshot.name())).isPresent();
  }

  private static void removeFromTrash(Pool pool, String imageId) {
    try {
      pool.trashRemove(imageId);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** How many volumes and snapshots are to be purged yet. */
  int pending() {
    return pending.size();
  }

  /** Ends; waits shortly for a purge that is just at work. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      var _ = threads.awaitTermination(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
