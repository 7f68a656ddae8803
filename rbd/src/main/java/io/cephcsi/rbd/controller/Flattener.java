package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Copies clones' data from their parents, in the background, one image at a time. What a crash cut
 * off is asked for again by the next call that finds the image too deep.
 */
final class Flattener implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("cephcsi");

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("flatten-", 0).factory());
  private final Set<Clone> waiting = ConcurrentHashMap.newKeySet();
  private final Pools pools;

  Flattener(Pools pools) {
    this.pools = pools;
  }

  /** An image that hangs on a parent. */
  record Clone(String clusterId, long poolId, String imageId) {}

  /** Flattens the image some time; returns at once. Asking twice is the same as once. */
  void flatten(Clone clone, Credentials credentials) {
    if (waiting.add(clone)) {
      thread.execute(() -> flattenNow(clone, credentials));
    }
  }

  // A background task has no caller to fail to: who needs the image flat asks again.
  private void flattenNow(Clone clone, Credentials credentials) {
    try {
      var opened = pools.open(clone.clusterId(), clone.poolId(), credentials);
      if (opened.isPresent()) {
        try (OpenPool pool = opened.get();
            Image image = pool.pool().openImageById(clone.imageId())) {
          image.flatten();
        }
      }
    } catch (CephException e) {
      boolean gone = e.errno() == Errno.ENOENT || e.errno() == Errno.EINVAL; // or flat already
      if (!gone) {
        LOG.log(Level.WARNING, "flatten " + clone, e);
      }
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "flatten " + clone, e);
    } finally {
      waiting.remove(clone);
    }
  }

  /** How many images are to be flattened yet. */
  int pending() {
    return waiting.size();
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
