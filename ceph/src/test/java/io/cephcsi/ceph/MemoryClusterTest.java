package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.MemoryOperations.Crash;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What tests can do with a cluster in memory. */
final class MemoryClusterTest {
  private static final Duration AT_ONCE = Duration.ofMillis(50);
  private static final Credentials ADMIN = new Credentials("admin", "AQ==");

  private final MemoryCluster cluster = new MemoryCluster("rbd", "other");
  private final MemoryOperations operations = cluster.operations();

  @Test
  @SuppressWarnings("MustBeClosedChecker")
  void pools_areFoundBothWays() {
    assertThat(cluster.poolId("other")).contains(2L);
    assertThat(cluster.poolName(2)).contains("other");
    assertThat(cluster.poolId("nowhere")).isEmpty();
    assertThatThrownBy(() -> cluster.openPool("nowhere", "").close())
        .hasMessageContaining("open pool nowhere: not found");
  }

  @Test
  void checkNothingOpen_namesWhatIs() {
    var pool = cluster.pool("rbd");
    assertThatThrownBy(() -> cluster.checkNothingOpen(AT_ONCE)).hasMessageContaining("pool rbd");
    pool.close();
    cluster.checkNothingOpen();
  }

  @Test
  void failBefore_changesNothing() {
    try (var pool = cluster.openPool("rbd", "")) {
      operations.failBefore(2, Errno.EIO);
      assertThat(pool.create("a", Map.of())).isTrue();
      assertThatThrownBy(() -> pool.create("b", Map.of())).isInstanceOf(CephException.class);
      assertThat(pool.create("b", Map.of())).isTrue();
    }
  }

  @Test
  void failAfter_losesTheAnswerOnly() {
    try (var pool = cluster.openPool("rbd", "")) {
      operations.failAfter(1, Errno.ETIMEDOUT);
      assertThatThrownBy(() -> pool.create("a", Map.of())).isInstanceOf(CephException.class);
      assertThat(pool.create("a", Map.of())).isFalse();
      assertThat(pool.objects()).containsExactly("a");
    }
  }

  @Test
  void crash_lastsUntilRestart() {
    try (var pool = cluster.openPool("rbd", "")) {
      operations.crashBefore(1);
      assertThatThrownBy(() -> pool.create("a", Map.of())).isInstanceOf(Crash.class);
      assertThatThrownBy(() -> pool.get("a", Set.of())).isInstanceOf(Crash.class);
      assertThat(operations.restart()).isTrue();
      assertThat(pool.create("a", Map.of())).isTrue();
      assertThat(operations.restart()).isFalse();
    }
  }

  @Test
  void counts_tellReadsFromWrites() {
    try (var pool = cluster.openPool("rbd", "")) {
      operations.reset();
      pool.create("a", Map.of());
      pool.get("a", Set.of("k"));
      assertThat(operations.writes()).isEqualTo(1);
      assertThat(operations.reads()).isEqualTo(1);
      assertThat(operations.log()).containsExactly("create a", "get a");
    }
  }

  @Test
  void watcher_ofAnotherClient_isSeen() {
    try (var pool = cluster.openPool("rbd", "")) {
      pool.createImage("i", 1 << 20, ImageOptions.DEFAULT);
      StoredImage image = pool.stored("i").orElseThrow();
      image.addWatcher("10.0.0.7:0/5");
      assertThat(pool.imageWatched(image.id())).isTrue();
      image.removeWatcher("10.0.0.7:0/5");
      assertThat(pool.imageWatched(image.id())).isFalse();
    }
  }

  @Test
  void managerCommand_isAnsweredByTheTest() {
    assertThatThrownBy(() -> cluster.managerCommand("{}", Duration.ofSeconds(1)))
        .isInstanceOf(CephException.class);
    cluster.onManagerCommand(json -> "answer to " + json);
    assertThat(cluster.managerCommand("{}", Duration.ofSeconds(1))).isEqualTo("answer to {}");
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker")
  void clusters_letInWhoIsAllowed() {
    var clusters = new MemoryClusters().add("10.0.0.1", cluster).allow(ADMIN);
    try (Cluster lent = clusters.lend("10.0.0.1", ADMIN)) {
      assertThat(lent.poolId("rbd")).contains(1L);
      assertThatThrownBy(() -> clusters.checkNothingOpen(AT_ONCE))
          .hasMessageContaining("cluster 10.0.0.1");
    }
    clusters.checkNothingOpen();
    var wrong = new Credentials("admin", "Ag==");
    assertThatThrownBy(() -> clusters.lend("10.0.0.1", wrong).close())
        .hasMessageContaining("permission denied");
    assertThatThrownBy(() -> clusters.lend("10.0.0.2", ADMIN).close())
        .hasMessageContaining("timed out");
  }
}
