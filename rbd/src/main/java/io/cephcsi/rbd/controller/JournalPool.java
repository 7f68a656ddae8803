package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Pool;
import io.cephcsi.journal.Stores;
import io.cephcsi.rbd.OpenPool;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * The pool with the directory of names. Volumes of very old drivers have it in another pool than
 * their images, and tell which.
 */
final class JournalPool {
  private JournalPool() {}

  /**
   * Runs work that needs both pools.
   *
   * @param opened the pool of the image
   * @param directory the other one's id; empty when it is the same. One that is gone has no names
   *     any more, and then nothing is run.
   */
  static void run(OpenPool opened, OptionalLong directory, Consumer<Stores> work) {
    Pool pool = opened.pool();
    if (directory.isEmpty() || directory.getAsLong() == pool.id()) {
      work.accept(Stores.of(pool));
      return;
    }
    try (Pool other = opened.cluster().openPool(directory.getAsLong(), pool.namespace())) {
      work.accept(new Stores(other, pool, _ -> true));
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }
}
