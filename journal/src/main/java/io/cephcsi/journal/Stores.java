package io.cephcsi.journal;

import io.cephcsi.ceph.OmapStore;
import io.cephcsi.ceph.Pool;

/**
 * The pool with the directory of names, and the pool with the images and their objects. They are
 * the same but for volumes of very old drivers.
 */
public record Stores(OmapStore directory, OmapStore objects, long objectsPoolId) {
  /** Both in one pool. */
  public static Stores of(Pool pool) {
    return new Stores(pool, pool, pool.id());
  }
}
