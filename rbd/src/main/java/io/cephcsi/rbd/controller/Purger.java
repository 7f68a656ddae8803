package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.TrashEntry;
import io.cephcsi.journal.PurgeRecord;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Purges the images of deleted volumes and snapshots from the trash, in the background, one at a
 * time in each cluster, when no calls run. An image that clones still need waits for the last of
 * them to go.
 *
 * <p>A {@link PurgeRecord} in the cluster remembers what is still to be purged, so that {@link
 * CutOffWork} finds it when this process ends before; it goes last.
 */
final class Purger implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** A purge gives way to calls until it is this old. */
  private static final Duration GIVES_WAY = Duration.ofSeconds(10);

  private static final Duration QUIET = Duration.ofMillis(50);

  private final ClusterThreads threads = new ClusterThreads("purge");
  private final Pools pools;
  private final VolumeJournal volumes;
  private final IntSupplier callsInFlight;

  /** What each purge that was asked for has come to, by {@link Discarded#key}. */
  private final Map<String, Stop> stops = new HashMap<>();

  /**
   * What is to be purged.
   *
   * @param imageName by which the trash is searched when no id is known
   * @param imageIds in the order of purging
   */
  record Discarded(PurgeRecord record, String imageName, List<String> imageIds) {
    Discarded {
      imageIds = List.copyOf(imageIds);
    }

    /** The image at this place of the order; behind the last one the record itself. */
    private String key(String clusterId, int place) {
      return clusterId + "/" + (place < imageIds.size() ? imageIds.get(place) : record.key());
    }
  }

  /** Where it is, and how its tries went. */
  private record Trashed(
      String clusterId, long poolId, Credentials credentials, Discarded what, Tries tries) {
    Trashed stoppedBy(RuntimeException failure) {
      return new Trashed(clusterId, poolId, credentials, what, tries.stoppedBy(failure));
    }

    String key(int place) {
      return what.key(clusterId, place);
    }

    @Override
    public String toString() {
      return "image %s in pool %d of cluster %s".formatted(what.imageName(), poolId, clusterId);
    }
  }

  /** A purge at the image that it comes to next, or cannot get past yet. */
  private static final class Stop {
    private final Trashed trashed;
    private boolean cloneGone;
    private @Nullable Future<?> retry;

    Stop(Trashed trashed) {
      this.trashed = trashed;
    }
  }

  /**
   * @param callsInFlight how many calls run now, to which purges give way
   */
  Purger(Pools pools, VolumeJournal volumes, IntSupplier callsInFlight) {
    this.pools = pools;
    this.volumes = volumes;
    this.callsInFlight = callsInFlight;
  }

  /** Purges the images soon, then forgets the record; returns at once. */
  void purge(OpenPool opened, Discarded what) {
    String clusterId = opened.config().clusterId();
    var trashed =
        new Trashed(clusterId, opened.pool().id(), opened.credentials(), what, Tries.NONE);
    long asked = System.nanoTime();
    begin(trashed, 0);
    threads.run(clusterId, () -> purgeInTurn(trashed, asked));
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

  // A background task has no caller to fail to: what goes wrong is logged and tried again.
  private void purge(Trashed asked) {
    Trashed trashed = asked;
    int place = 0;
    begin(trashed, place);
    try {
      var opened = pools.open(trashed.clusterId(), trashed.poolId(), trashed.credentials());
      if (opened.isPresent()) {
        try (OpenPool pool = opened.get()) {
          for (String id : imageIds(pool.pool(), trashed.what())) {
            begin(trashed, place);
            purge(pool, id);
            end(trashed, place++);
          }
          begin(trashed, place);
          trashed.what().record().forget(pool.pool());
        }
      }
      end(trashed, place);
    } catch (RuntimeException e) {
      if (!threads.closed()) {
        retry(trashed, place, e);
      }
    }
  }

  private void purge(OpenPool opened, String imageId) {
    new TrashedImage(opened, imageId, volumes)
        .purge()
        .ifPresent(parent -> cloneIsGone(opened, parent));
  }

  /** Without a known id only of a volume whose driver stopped just before it stored it. */
  private static List<String> imageIds(Pool pool, Discarded what) {
    return what.imageIds().isEmpty() ? inTrash(pool, what.imageName()) : what.imageIds();
  }

  /** The ids of what has this name in the trash. */
  static List<String> inTrash(Pool pool, String imageName) {
    return pool.trashEntries().stream()
        .filter(entry -> entry.name().equals(imageName))
        .map(TrashEntry::imageId)
        .toList();
  }

  private synchronized void begin(Trashed trashed, int place) {
    cancel(stops.put(trashed.key(place), new Stop(trashed)));
  }

  private synchronized void end(Trashed trashed, int place) {
    cancel(stops.remove(trashed.key(place)));
  }

  private static void cancel(@Nullable Stop stop) {
    if (stop != null && stop.retry != null) {
      stop.retry.cancel(false);
    }
  }

  private synchronized void retry(Trashed trashed, int place, RuntimeException failure) {
    Stop before = stops.get(trashed.key(place));
    boolean goOn = before != null && before.cloneGone;
    Trashed again = trashed.stoppedBy(failure);
    Duration delay = goOn ? Duration.ZERO : again.tries().delay();
    log(again, delay, failure);
    var stop = new Stop(again);
    stop.retry = threads.run(trashed.clusterId(), () -> purge(again), delay);
    stops.put(trashed.key(place), stop);
  }

  /** What waits for others is told once. */
  private static void log(Trashed stopped, Duration delay, RuntimeException failure) {
    switch (stopped.tries().errno()) {
      case Errno.ENOTEMPTY -> logFirst(stopped, "its snapshots' clones are gone");
      case Errno.EBUSY -> logFirst(stopped, "nobody has it open any more");
      default -> LOG.log(Level.WARNING, "purge " + stopped + ", again in " + delay, failure);
    }
  }

  private static void logFirst(Trashed stopped, String until) {
    if (stopped.tries().count() == 1) {
      LOG.log(Level.INFO, "purge of " + stopped + " waits until " + until);
    }
  }

  /** Looks again at a discarded image one of whose clones was removed: perhaps it was the last. */
  synchronized void cloneIsGone(OpenPool opened, ParentLink parent) {
    String clusterId = opened.config().clusterId();
    Stop stop = stops.get(clusterId + "/" + parent.imageId());
    if (stop == null) {
      return;
    }
    stop.cloneGone = true;
    if (stop.retry != null && stop.retry.cancel(false)) {
      stop.retry = threads.run(clusterId, () -> purge(stop.trashed), Duration.ZERO);
    }
  }

  /** Whether a purge of it is in the queue, tried just now, or waits for what hinders it. */
  synchronized boolean has(OpenPool opened, Discarded what) {
    String clusterId = opened.config().clusterId();
    return IntStream.rangeClosed(0, what.imageIds().size())
        .anyMatch(place -> stops.containsKey(what.key(clusterId, place)));
  }

  /** How many purges are in the queue, tried or wait; each just once. */
  synchronized int waiting() {
    return stops.size();
  }

  /** Ends; what is left to do is taken up after the next start. */
  @Override
  public void close() {
    threads.close();
  }
}
