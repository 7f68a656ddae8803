package io.cephcsi.journal;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.SingleNodeCeph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract on a pool of a real Ceph. */
class RadosJournalIT extends JournalContract {
  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static ConnectionPool clusters;
  private static Cluster cluster;
  private static Pool pool;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void open() {
    clusters = new ConnectionPool(ConnectionSettings.DEFAULT);
    cluster = clusters.lend(CEPH.monitors(), CEPH.credentials());
    pool = cluster.openPool("rbd", "");
  }

  @AfterAll
  static void close() {
    pool.close();
    cluster.close();
    clusters.close();
  }

  @Override
  Pool pool() {
    return pool;
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // the caller closes it
  Pool another() {
    return cluster.openPool("rbd", "");
  }
}
