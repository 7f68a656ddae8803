package io.cephcsi.journal;

import io.cephcsi.ceph.Pool;
import java.util.function.LongPredicate;

/**
 * The pool with the directory of names, and the pool with the images and their objects. They are
 * the same but for volumes of very old drivers.
 *
 * @param poolExists whether the cluster has a pool of this id; asked only about a name that leads
 *     to a third pool
 */
public record Stores(Pool directory, Pool objects, LongPredicate poolExists) {
  /**
   * Both in one pool. Names that lead to another pool are refused, as if that pool were there for
   * ever.
   */
  public static Stores of(Pool pool) {
    return of(pool, _ -> true);
  }

  /** Both in one pool; names that lead to a pool which is gone start anew. */
  public static Stores of(Pool pool, LongPredicate poolExists) {
    return new Stores(pool, pool, poolExists);
  }

  /** The id of the pool with the objects. */
  public long objectsPoolId() {
    return objects.id();
  }

  boolean inOnePool() {
    return directory.id() == objects.id();
  }
}
