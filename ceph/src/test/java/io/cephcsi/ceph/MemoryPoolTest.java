package io.cephcsi.ceph;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** The pool in memory does what a {@link Pool} does. */
final class MemoryPoolTest extends PoolContract {
  private final MemoryCluster cluster = new MemoryCluster("rbd");
  private final MemoryPool pool = cluster.pool("rbd");
  private final MemoryPool same = cluster.pool("rbd");

  private final List<MemoryPool> others = new ArrayList<>();

  @AfterEach
  void checkNothingOpen() {
    pool.close();
    same.close();
    others.forEach(MemoryPool::close);
    cluster.checkNothingOpen();
  }

  @Override
  Pool pool() {
    return pool;
  }

  @Override
  Pool samePool() {
    return same;
  }

  @Override
  Pool otherNamespace(String namespace) {
    MemoryPool other = cluster.pool("rbd", namespace);
    others.add(other);
    return other;
  }
}
