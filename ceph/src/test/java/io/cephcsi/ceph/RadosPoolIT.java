package io.cephcsi.ceph;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pool on a real Ceph does what a {@link Pool} does; each test has a namespace of its own. */
final class RadosPoolIT extends PoolContract {
  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static ConnectionPool connections;
  private static Cluster cluster;

  private final String namespace = UUID.randomUUID().toString();
  private final List<Pool> open = new ArrayList<>();
  private Pool pool;
  private Pool same;

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

  @BeforeEach
  void openPool() {
    CEPH.run("rbd", "namespace", "create", "--pool", CEPH.pool(), "--namespace", namespace);
    pool = otherNamespace(namespace);
    same = otherNamespace(namespace);
  }

  @AfterEach
  void closePools() {
    open.forEach(Pool::close);
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
  @SuppressWarnings("MustBeClosedChecker") // closed by closePools
  Pool otherNamespace(String other) {
    Pool opened = cluster.openPool(CEPH.pool(), other);
    open.add(opened);
    return opened;
  }
}
