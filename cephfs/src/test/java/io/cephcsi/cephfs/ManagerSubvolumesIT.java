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

  /** {@code ceph version 20.2.4 (…) tentacle (stable)}, of the monitor. */
  @Override
  boolean quiesces() {
    String version =
        CEPH.run("ceph", "version").replaceFirst("(?s)^ceph version (\\d+)\\..*", "$1");
    return Integer.parseInt(version) >= 19;
  }

  private boolean slow;

  @Override
  void makeClonesSlow() {
    slow = true;
    // A manager of Ceph 20 takes up to ten seconds for a command while a clone is delayed.
    delayClones("15");
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
