package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.TrashEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Purges the images of deleted volumes from the trash, in the background, one at a time, when no
 * calls run.
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

  private final ScheduledExecutorService threads =
      Executors.newScheduledThreadPool(
          THREADS, Thread.ofPlatform().daemon().name("purge-", 0).factory());
  private final Set<String> resumed = ConcurrentHashMap.newKeySet();
  private final Pools pools;
  private final VolumeJournal journal;
  private final Duration resumeAfter;
  private final IntSupplier callsInFlight;

  /** Where an image in the trash is. */
  private record Trashed(
      String clusterId, long poolId, Credentials credentials, String uuid, String imageId) {
    @Override
    public String toString() {
      return "image %s of pool %d in cluster %s".formatted(imageId, poolId, clusterId);
    }
  }

  /**
   * @param resumeAfter how long after a pool's first use purges that were cut off are looked for
   * @param callsInFlight how many calls run now, to which purges give way
   */
  Purger(Pools pools, VolumeJournal journal, Duration resumeAfter, IntSupplier callsInFlight) {
    this.pools = pools;
    this.journal = journal;
    this.resumeAfter = resumeAfter;
    this.callsInFlight = callsInFlight;
  }

  /**
   * Purges the image soon, then removes the volume's journal object; returns at once.
   *
   * @param imageId empty when the volume never had an image
   */
  void purge(OpenPool opened, String uuid, String imageId) {
    var trashed =
        new Trashed(
            opened.config().clusterId(), opened.pool().id(), opened.credentials(), uuid, imageId);
    long asked = System.nanoTime();
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

  /** Purges an image that has no journal object of its own; returns at once. */
  void purgeAlone(OpenPool opened, String imageId) {
    purge(opened, "", imageId);
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
          pool.pool().trashEntries().forEach(entry -> resume(pool, entry));
        }
      }
    } catch (RuntimeException e) {
      resumed.remove(clusterId + "/" + poolId); // the next call on the pool tries again
      LOG.log(Level.WARNING, "look for cut off purges in cluster " + clusterId, e);
    }
  }

  private void resume(OpenPool opened, TrashEntry trashed) {
    journal
        .uuidOf(trashed.name())
        .flatMap(uuid -> journal.read(opened.pool(), uuid))
        .filter(entry -> entry.imageId().equals(trashed.imageId()))
        .filter(entry -> !journal.nameIsHeld(opened.pool(), entry))
        .ifPresent(entry -> purge(opened, entry.uuid(), trashed.imageId()));
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
    } catch (RuntimeException e) {
      if (!threads.isShutdown()) {
        LOG.log(Level.WARNING, "purge " + trashed + ", again in " + RETRY, e);
        var _ = threads.schedule(() -> purge(trashed), RETRY.toMillis(), TimeUnit.MILLISECONDS);
      }
    }
  }

  private void purgeNow(OpenPool opened, Trashed trashed) {
    Pool pool = opened.pool();
    boolean made = !trashed.imageId().isEmpty();
    if (made && (!large(pool, trashed.imageId()) || !handOver(opened, trashed.imageId()))) {
      removeFromTrash(pool, trashed.imageId());
    }
    if (!trashed.uuid().isEmpty()) {
      journal.forgetObject(pool, trashed.uuid());
    }
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
    try {
      var _ = opened.cluster().managerCommand(command, MANAGER_PATIENCE);
      return true;
    } catch (CephException e) {
      return false;
    }
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
