package io.cephcsi.cluster;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Pool;

/** Where volumes are, opened: closing it gives back the connection that was lent for it. */
public interface Opened extends AutoCloseable {
  ClusterConfig config();

  Credentials credentials();

  Cluster cluster();

  /** The pool of the journals, in their namespace. */
  Pool pool();

  /** What ids of volumes call the place: a pool's id, or a filesystem's. */
  long location();

  @Override
  default void close() {
    try (Cluster _ = cluster()) {
      pool().close();
    }
  }
}
