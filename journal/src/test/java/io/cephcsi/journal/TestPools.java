package io.cephcsi.journal;

import io.cephcsi.ceph.Pool;
import java.util.List;
import java.util.function.Supplier;

/**
 * The pools of a contract test, empty at its start.
 *
 * @param pool where names and objects are
 * @param same the same pool by another client, as another process has it
 * @param other a second pool
 * @param names the names of all objects in the first pool
 */
record TestPools(Pool pool, Pool same, Pool other, Supplier<List<String>> names) {
  List<String> objects() {
    return names.get();
  }
}
