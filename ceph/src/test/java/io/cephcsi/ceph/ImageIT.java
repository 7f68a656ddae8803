package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What images have to do with other clients and pools of a real Ceph. */
final class ImageIT {
  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static final ImageOptions LAYERING =
      new ImageOptions(Feature.LAYERING.bit(), "", 0, 0, 0);

  private static ConnectionPool connections;
  private static Cluster cluster;

  private final String name = "image-" + UUID.randomUUID();
  private Pool pool;

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
  @SuppressWarnings("MustBeClosedChecker") // closed by closePool
  void openPool() {
    pool = cluster.openPool(CEPH.pool(), "");
  }

  @AfterEach
  void closePool() {
    pool.close();
  }

  @Test
  void parent_ofAClone_isKnown() {
    pool.createImage(name, 1 << 20, LAYERING);
    rbd("snap", "create", name + "@s");
    rbd("clone", "--rbd-default-clone-format", "2", name + "@s", CEPH.pool() + "/" + name + "-c");
    String id = pool.imageId(name).orElseThrow();
    var live = new ParentImage(CEPH.pool(), "", name, id, "s", false);
    assertThat(parent(name + "-c")).isEqualTo(live);

    pool.trashMove(name, Duration.ZERO);
    assertThat(parent(name + "-c").inTrash()).isTrue();
    assertThat(parent(name + "-c").imageId()).isEqualTo(id);
    assertThatThrownBy(() -> pool.trashRemove(id))
        .isInstanceOfSatisfying(
            CephException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTEMPTY));
  }

  @Test
  void mirrored_whenEnabled() {
    pool.createImage(name, 1 << 20, LAYERING);
    rbd("mirror", "pool", "enable", CEPH.pool(), "image");
    try {
      rbd("mirror", "image", "enable", name, "snapshot");
      assertThat(mirrored()).isTrue();

      rbd("mirror", "image", "disable", name);
      assertThat(mirrored()).isFalse();
    } finally {
      rbd("mirror", "pool", "disable", CEPH.pool());
    }
  }

  private boolean mirrored() {
    try (Image image = pool.openImageReadOnly(name)) {
      return image.mirrored();
    }
  }

  private ParentImage parent(String clone) {
    try (Image image = pool.openImageReadOnly(clone)) {
      return image.parent().orElseThrow();
    }
  }

  @Test
  void watchers_moreThanFewOfThem_areAllListed() {
    pool.createImage(name, 1 << 20, LAYERING);
    List<Image> images = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        images.add(open());
      }
      List<Watcher> watchers = images.getFirst().watchers();
      assertThat(watchers).hasSize(40).allMatch(this::isThisClient);
      assertThat(watchers).extracting(Watcher::cookie).doesNotHaveDuplicates();
    } finally {
      images.forEach(Image::close);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // closed by the test
  private Image open() {
    return pool.openImage(name);
  }

  private boolean isThisClient(Watcher watcher) {
    return cluster.clientAddresses().equals(watcher.address());
  }

  @Test
  void imageWatched_byAnotherProcess_isSeenAndDoesNotDisturbIt() throws Exception {
    pool.createImage(name, 1 << 20, LAYERING);
    String id = pool.imageId(name).orElseThrow();
    Process other =
        new ProcessBuilder("rbd", "--conf", CEPH.configurationFile().toString(), "watch", name)
            .redirectErrorStream(true)
            .start();
    try (BufferedReader output = other.inputReader()) {
      assertThat(output.readLine()).contains("press enter");
      for (int i = 0; i < 3; i++) {
        assertThat(pool.imageWatched(id)).isTrue();
        assertThat(output.readLine()).contains("received notification");
      }
      assertThat(other.isAlive()).isTrue();

      // A client that is gone without a word stays a watcher until Ceph gives it up, in 30 s.
      other.destroyForcibly().waitFor();
      long start = System.nanoTime();
      assertThat(pool.imageWatched(id)).isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
    } finally {
      other.destroyForcibly();
    }
  }

  @Test
  void imageWatched_byThisProcess_leavesTheImageUsable() {
    pool.createImage(name, 1 << 20, ImageOptions.DEFAULT);
    String id = pool.imageId(name).orElseThrow();
    try (Image image = pool.openImage(name)) {
      assertThat(pool.imageWatched(id)).isTrue();
      image.resize(2 << 20);
      assertThat(pool.imageWatched(id)).isTrue();
      assertThat(image.watchers()).hasSize(1);
      assertThat(image.sizeBytes()).isEqualTo(2 << 20);
    }
    assertThat(pool.imageWatched(id)).isFalse();
  }

  @Test
  void createImage_withDataPool_hasItsDataThere() {
    String data = "data-of-" + name;
    CEPH.run("ceph", "osd", "pool", "create", data, "1");
    CEPH.run("ceph", "osd", "pool", "application", "enable", data, "rbd");
    pool.createImage(name, 1 << 20, new ImageOptions(1, data, 0, 0, 1 << 22));
    String id = pool.imageId(name).orElseThrow();
    assertThat(Feature.of(pool.imageHeader(id).orElseThrow().features()))
        .containsExactly(Feature.LAYERING, Feature.DATA_POOL);
    assertThat(rbd("info", name)).contains("data_pool: " + data);
    assertThat(pool.imageDataPool(id)).isEqualTo(cluster.poolId(data));
  }

  @Test
  void operations_onAFullPool_areRefusedAndDoNotWait() throws Exception {
    String fullPool = "full-" + name;
    CEPH.run("ceph", "osd", "pool", "create", fullPool, "1");
    CEPH.run("rbd", "pool", "init", fullPool);
    try (Pool full = cluster.openPool(fullPool, "")) {
      full.createImage("before", 1 << 20, LAYERING);
      full.createImage("discarded", 1 << 20, LAYERING);
      fill(full);
      assertFull(() -> full.createImage("after", 1 << 20, LAYERING));
      // Ceph 16 needs a new object for the first entry of the trash, and says "not found".
      boolean refused = refusedAsFull(() -> full.trashMove("discarded", Duration.ZERO));

      empty(full);
      if (refused) {
        full.trashMove("discarded", Duration.ZERO);
      }
      fill(full);
      String id = full.imageId("before").orElseThrow();
      full.trashMove("before", Duration.ZERO);
      full.trashRemove(id);
      assertThat(full.images()).isEmpty();
    }
  }

  private static void fill(Pool pool) {
    CEPH.run("ceph", "osd", "pool", "set-quota", pool.name(), "max_objects", "1");
    assertFull(() -> createUntilRefused(pool));
  }

  private static void empty(Pool pool) throws InterruptedException {
    CEPH.run("ceph", "osd", "pool", "set-quota", pool.name(), "max_objects", "0");
    for (int i = 0; i < 100 && full(pool); i++) {
      Thread.sleep(100);
    }
  }

  private static boolean full(Pool pool) {
    try {
      pool.create(UUID.randomUUID().toString(), Map.of());
      return false;
    } catch (CephException e) {
      return true;
    }
  }

  private static boolean refusedAsFull(Runnable call) {
    try {
      call.run();
      return false;
    } catch (CephException e) {
      assertThat(e.errno()).isIn(Errno.EDQUOT, Errno.ENOSPC);
      return true;
    }
  }

  private static void assertFull(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            CephException.class, e -> assertThat(e.errno()).isIn(Errno.EDQUOT, Errno.ENOSPC));
  }

  /** Ceph notices a moment later that a pool has more than it may. */
  private static void createUntilRefused(Pool pool) throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      pool.create(UUID.randomUUID().toString(), Map.of("a", "1"));
      Thread.sleep(100);
    }
  }

  @Test
  void metadata_isWhatRbdShows() {
    pool.createImage(name, 1 << 20, LAYERING);
    pool.changeImageMetadata(
        pool.imageId(name).orElseThrow(), Set.of(), Map.of("a", "1", "b", "2"));
    assertThat(rbd("image-meta", "get", name, "a").strip()).isEqualTo("1");
    rbd("image-meta", "set", name, "c", "3");
    try (Image image = pool.openImageReadOnly(name)) {
      assertThat(image.metadata()).isEqualTo(Map.of("a", "1", "b", "2", "c", "3"));
    }
  }

  @Test
  void libraryFunctions_areAskedForByName() {
    assertThat(LibRbd.has("rbd_open")).isTrue();
    assertThat(LibRbd.has("rbd_no_such_function")).isFalse();
  }

  private static String rbd(String... arguments) {
    return CEPH.run("rbd", arguments);
  }
}
