package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.ceph.rados.IoCTX;
import com.ceph.rados.Rados;
import com.ceph.rados.exceptions.RadosNotFoundException;
import com.ceph.rbd.Rbd;
import com.ceph.rbd.RbdImage;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Another client, rados-java, reads what these bindings write, and the reverse. It does not know
 * omaps and the trash, of which it sees the objects and images only.
 */
final class RadosJavaIT {
  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static ConnectionPool connections;
  private static Cluster cluster;

  /** Kept until the end: its finalizer would shut it down below an io context in use. */
  private static Rados rados;

  private final String namespace = UUID.randomUUID().toString();
  private Pool pool;
  private IoCTX io;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed by disconnect
  static void connect() throws Exception {
    connections = new ConnectionPool(ConnectionSettings.DEFAULT);
    cluster = connections.lend(CEPH.monitors(), CEPH.credentials());
    rados = new Rados("admin");
    rados.confSet("mon_host", CEPH.monitors());
    rados.confSet("key", CEPH.credentials().key());
    rados.connect();
  }

  @AfterAll
  static void disconnect() {
    rados.shutDown();
    cluster.close();
    connections.close();
  }

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed by closePools
  void openPools() throws Exception {
    CEPH.run("rbd", "namespace", "create", "--pool", CEPH.pool(), "--namespace", namespace);
    pool = cluster.openPool(CEPH.pool(), namespace);
    io = rados.ioCtxCreate(CEPH.pool());
    io.setNamespace(namespace);
  }

  @AfterEach
  void closePools() {
    pool.close();
    rados.ioCtxDestroy(io);
  }

  @Test
  void clusterAndPool_areTheSame() throws Exception {
    assertThat(rados.clusterFsid()).isEqualTo(cluster.fsid());
    assertThat(rados.poolLookup(CEPH.pool())).isEqualTo(pool.id());
    assertThat(rados.poolReverseLookup(pool.id())).isEqualTo(pool.name());
  }

  @Test
  void objects_ofOurs_areSeenAndRemovedByTheOther() throws Exception {
    pool.create("csi.volume.1", Map.of("a", "1"));
    pool.compareAndPut("csi.volumes.default", "csi.volume.x", "", "1");
    assertThat(io.listObjects()).contains("csi.volume.1", "csi.volumes.default");
    io.remove("csi.volume.1");
    assertThat(pool.update("csi.volume.1", Map.of("a", "2"))).isFalse();
  }

  @Test
  void objects_ofTheOther_areOurs() throws Exception {
    io.write("object", "data");
    assertThat(pool.create("object", Map.of())).isFalse();
    assertThat(pool.update("object", Map.of("a", "1"))).isTrue();
    byte[] data = new byte[4];
    assertThat(io.read("object", 4, 0, data)).isEqualTo(4);
    assertThat(data).isEqualTo("data".getBytes(UTF_8));
    pool.remove("object");
    assertThatThrownBy(() -> io.stat("object")).isInstanceOf(RadosNotFoundException.class);
  }

  @Test
  void images_ofOurs_areSeenByTheOther() throws Exception {
    pool.createImage("ours", 10 << 20, new ImageOptions(1, "", 0, 0, 1 << 20));
    String id = pool.imageId("ours").orElseThrow();
    byte[] object = new byte[64];
    int length = io.read("rbd_id.ours", 64, 0, object);
    assertThat(new String(object, 4, length - 4, UTF_8)).isEqualTo(id);

    var rbd = new Rbd(io);
    assertThat(rbd.list()).containsExactly("ours");
    RbdImage image = rbd.open("ours");
    try {
      assertThat(image.stat().size).isEqualTo(10 << 20);
      assertThat(image.stat().order).isEqualTo(20);
      assertThat(pool.imageWatched(id)).isTrue();
      try (Image mine = pool.openImage("ours")) {
        mine.resize(20 << 20);
      }
      assertThat(image.stat().size).isEqualTo(20 << 20);
    } finally {
      rbd.close(image);
    }
    assertThat(pool.imageWatched(id)).isFalse();

    pool.trashMove("ours", Duration.ZERO);
    assertThat(rbd.list()).doesNotContain("ours");
  }

  @Test
  void images_ofTheOther_areOurs() throws Exception {
    var rbd = new Rbd(io);
    long features = Feature.LAYERING.bit() | Feature.EXCLUSIVE_LOCK.bit();
    rbd.create("theirs", 8 << 20, features);
    String id = pool.imageId("theirs").orElseThrow();
    assertThat(pool.images()).isEqualTo(Map.of("theirs", id));
    assertThat(pool.imageHeader(id)).contains(new ImageHeader(8 << 20, features));

    RbdImage image = rbd.open("theirs");
    image.snapCreate("snapshot");
    pool.trashMove("theirs", Duration.ZERO);
    assertThatThrownBy(() -> pool.trashRemove(id)).isInstanceOf(CephException.class);
    image.snapRemove("snapshot");
    rbd.close(image);
    pool.trashRemove(id);
    assertThat(pool.imageHeader(id)).isEmpty();
  }
}
