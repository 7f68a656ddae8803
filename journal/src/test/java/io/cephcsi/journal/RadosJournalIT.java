package io.cephcsi.journal;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.SingleNodeCeph;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The journals on a real Ceph, by two connections; each test has a namespace of its own. */
final class RadosJournalIT {
  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static final String OTHER_POOL = "journal-other";

  private static ConnectionPool connections;
  private static ConnectionPool otherConnections;
  private static Cluster cluster;
  private static Cluster otherCluster;

  private final String namespace = UUID.randomUUID().toString();
  private TestPools pools;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed by disconnect
  static void connect() {
    var _ = CEPH.run("ceph", "osd", "pool", "create", OTHER_POOL, "8");
    connections = new ConnectionPool(ConnectionSettings.DEFAULT);
    otherConnections = new ConnectionPool(ConnectionSettings.DEFAULT);
    cluster = connections.lend(CEPH.monitors(), CEPH.credentials());
    otherCluster = otherConnections.lend(CEPH.monitors(), CEPH.credentials());
  }

  @AfterAll
  static void disconnect() {
    cluster.close();
    otherCluster.close();
    connections.close();
    otherConnections.close();
  }

  @BeforeEach
  void openPools() {
    pools =
        new TestPools(
            open(cluster, CEPH.pool()),
            open(otherCluster, CEPH.pool()),
            open(cluster, OTHER_POOL),
            this::objects);
  }

  @SuppressWarnings("MustBeClosedChecker") // closed by closePools
  private Pool open(Cluster in, String pool) {
    return in.openPool(pool, namespace);
  }

  private List<String> objects() {
    return CEPH.run("rados", "--pool", CEPH.pool(), "--namespace", namespace, "ls")
        .lines()
        .toList();
  }

  @AfterEach
  void closePools() {
    pools.pool().close();
    pools.same().close();
    pools.other().close();
  }

  @Nested
  final class Volumes extends VolumeJournalContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  @Nested
  final class References extends SnapshotReferencesContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  @Nested
  final class Snapshots extends SnapshotJournalContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  @Nested
  final class Stored extends StoredJournalContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }

  @Nested
  final class Groups extends GroupJournalContract {
    @Override
    TestPools pools() {
      return pools;
    }
  }
}
