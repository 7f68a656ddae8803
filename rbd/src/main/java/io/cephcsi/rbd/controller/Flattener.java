package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.FlatteningClient;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Copies clones' data from their parents, in the background, one image at a time in each cluster,
 * and at most half of the time. Our own key in the pool's directory remembers what is still to be
 * flattened, so that {@link CutOffWork} finds it when this process ends before.
 */
final class Flattener implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  /** After an image, the cluster rests for as long as that took, or for this. */
  private static final Duration LONGEST_REST = Duration.ofMinutes(1);

  private static final Duration RETRY = Duration.ofMinutes(1);

  private final ClusterThreads threads = new ClusterThreads("flatten");
  private final Set<Clone> waiting = ConcurrentHashMap.newKeySet();
  private final Pools pools;
  private final VolumeJournal journal;

  Flattener(Pools pools, VolumeJournal journal) {
    this.pools = pools;
    this.journal = journal;
  }

  /** An image that hangs on a parent. */
  private record Clone(String clusterId, long poolId, String imageId) {}

  /** Flattens the image some time; returns at once. Asking twice is the same as once. */
  void flatten(String clusterId, long poolId, String imageId, Credentials credentials) {
    var clone = new Clone(clusterId, poolId, imageId);
    if (waiting.add(clone)) {
      remember(clone, credentials);
      threads.run(clusterId, () -> flattenInTurn(clone, credentials));
    }
  }

  /** Where that fails, who needs the image flat asks again after a restart. */
  private void remember(Clone clone, Credentials credentials) {
    try {
      var opened = pools.open(clone.clusterId(), clone.poolId(), credentials);
      if (opened.isPresent()) {
        try (OpenPool pool = opened.get()) {
          journal.rememberFlattening(pool.pool(), clone.imageId());
        }
      }
    } catch (CephException e) {
      LOG.log(Level.WARNING, "remember to flatten " + clone, e);
    }
  }

  // A background task has no caller to fail to: what goes wrong is logged and tried again.
  private void flattenInTurn(Clone clone, Credentials credentials) {
    long begun = System.nanoTime();
    try {
      flattenNow(clone, credentials);
      waiting.remove(clone);
      rest(Duration.ofNanos(System.nanoTime() - begun));
    } catch (RuntimeException e) {
      if (!threads.closed()) {
        LOG.log(Level.WARNING, "flatten " + clone + ", again in " + RETRY, e);
        var _ = threads.run(clone.clusterId(), () -> flattenInTurn(clone, credentials), RETRY);
      }
    }
  }

  private void flattenNow(Clone clone, Credentials credentials) {
    var opened = pools.open(clone.clusterId(), clone.poolId(), credentials);
    if (opened.isPresent()) {
      try (OpenPool pool = opened.get()) {
        flattenNow(pool, clone.imageId());
        journal.forgetFlattening(pool.pool(), clone.imageId());
      }
    }
  }

  private static void flattenNow(OpenPool opened, String imageId) {
    try (var _ = FlatteningClient.announce(opened.cluster(), opened.pool(), imageId);
        Image image = opened.pool().openImageById(imageId)) {
      image.flatten();
    } catch (CephException e) {
      boolean gone = e.errno() == Errno.ENOENT && opened.pool().imageHeader(imageId).isEmpty();
      boolean flat = e.errno() == Errno.EINVAL;
      if (!gone && !flat) {
        finishCutOff(opened, imageId, e);
      }
    }
  }

  /**
   * librbd flattens in this order: it copies all data, takes the clone from the parent's count,
   * with which the parent's nameless snapshot goes, and then the parent from the clone. Who is
   * stopped before the last step leaves a clone that nobody can open. That the snapshot is gone
   * tells how far it came: the OSDs refuse to remove one that still counts clones.
   */
  private static void finishCutOff(OpenPool opened, String imageId, CephException failure) {
    ParentLink parent =
        opened
            .pool()
            .imageParent(imageId)
            .filter(_ -> failure.errno() == Errno.ENOENT)
            .orElseThrow(() -> failure);
    try (Pool pool = opened.cluster().openPool(parent.poolId(), parent.namespace())) {
      // Without a parent at all it may be one that was lost with data that was not yet copied.
      boolean parentThere = pool.imageHeader(parent.imageId()).isPresent();
      boolean snapshotThere =
          !pool.snapshotHeaders(parent.imageId(), List.of(parent.snapshotId())).isEmpty();
      if (!parentThere || snapshotThere) {
        throw failure;
      }
    }
    LOG.log(Level.INFO, "image " + imageId + " was flattened but for its last step, which is done");
    opened.pool().leaveParent(imageId);
  }

  private static void rest(Duration time) {
    try {
      Thread.sleep(time.compareTo(LONGEST_REST) < 0 ? time : LONGEST_REST);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the driver ends
    }
  }

  /** How many images are to be flattened yet. */
  int pending() {
    return waiting.size();
  }

  @Override
  public void close() {
    threads.close();
  }
}
