package io.cephcsi.cephfs;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.SingleNodeCeph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The module volumes of a real manager. */
final class ManagerSubvolumesIT extends SubvolumesContract {
  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static ConnectionPool connections;
  private static Cluster cluster;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed by disconnect
  static void connect() {
    connections = new ConnectionPool(ConnectionSettings.DEFAULT);
    cluster = connections.lend(CEPH.monitors(), CEPH.credentials());
  }

  @AfterAll
  static void disconnect() {
    cluster.close();
    connections.close();
  }

  @Override
  Cluster cluster() {
    return cluster;
  }

  private boolean slow;

  @Override
  void makeClonesSlow() {
    slow = true;
    delayClones("3");
  }

  @AfterEach
  void makeClonesQuick() {
    if (slow) {
      delayClones("0");
    }
  }

  private static void delayClones(String seconds) {
    var _ = CEPH.run("ceph", "config", "set", "mgr", "mgr/volumes/snapshot_clone_delay", seconds);
  }
}
