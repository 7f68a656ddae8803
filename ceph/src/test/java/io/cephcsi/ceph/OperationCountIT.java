package io.cephcsi.ceph;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What calls cost, in operations that the OSD counts; it prints a table. */
final class OperationCountIT {
  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static final int ROUNDS = 5;
  private static final Pattern NUMBER = Pattern.compile("\"op\": (\\d+)");
  private static final ImageOptions LAYERING =
      new ImageOptions(Feature.LAYERING.bit(), "", 0, 0, 0);

  @Test
  @SuppressWarnings("MustBeClosedChecker") // it is closed in the same line
  void calls_costWhatTheyShould() throws Exception {
    String namespace = UUID.randomUUID().toString();
    CEPH.run("rbd", "namespace", "create", "--pool", CEPH.pool(), "--namespace", namespace);
    try (var connections = new ConnectionPool(ConnectionSettings.DEFAULT);
        Cluster cluster = connections.lend(CEPH.monitors(), CEPH.credentials());
        Pool pool = cluster.openPool(CEPH.pool(), namespace)) {
      pool.createImage("counted", 1 << 30, LAYERING);
      String id = pool.imageId("counted").orElseThrow();

      assertCost("create object", 1, i -> pool.create("o-" + i, Map.of("a", "1", "b", "2")));
      assertCost("update object", 1, i -> pool.update("o-" + i, Map.of("a", "1")));
      assertCost("get by keys", 1, i -> pool.get("o-" + i, Set.of("a", "x")));
      assertCost("compare and put", 1, i -> pool.compareAndPut("dir", "k-" + i, "", "v"));
      assertCost("compare and remove", 1, i -> pool.compareAndRemoveKey("dir", "k-" + i, "v"));
      assertCost("remove object", 1, i -> pool.remove("o-" + i));
      assertCost("read image id", 1, _ -> pool.imageId("counted"));
      assertCost("read image ids", 1, _ -> pool.imageIds(List.of("counted", "none")));
      assertCost("read image header", 1, _ -> pool.imageHeader(id));
      assertCost("notify, nobody watches", 1, _ -> pool.imageWatched(id));
      assertCost(
          "set metadata",
          1,
          _ -> pool.changeImageMetadata(id, Set.of("c"), Map.of("a", "1", "b", "2")));
      assertCost("trash entry, of none", 1, _ -> pool.trashEntry(id));
      assertCost("create image", 8, i -> pool.createImage("i-" + i, 1 << 30, LAYERING));
      assertCost("open and close, read-only", 12, _ -> pool.openImageReadOnly("counted").close());
      assertCost("open and close", 14, _ -> pool.openImage("counted").close());
      assertCost("open, resize, close", 18, i -> resize(pool, (2L + i) << 30));
      assertCost("read image state", 1, _ -> pool.imageState(id));
      try (Image image = pool.openImage("counted")) {
        IntStream.range(0, ROUNDS).forEach(i -> image.createSnapshot("s-" + i));
      }
      assertCost("add snapshot", 2, i -> pool.addSnapshot(id, "a-" + i));
      List<Long> snapshots = pool.imageState(id).orElseThrow().snapshots();
      assertCost("read snapshots", 1, _ -> pool.snapshotHeaders(id, snapshots));
      assertCost("take snapshot's name", 1, i -> pool.takeSnapshotName(id, snapshots.get(i)));
      assertCost("trash move", 20, i -> pool.trashMove("i-" + i, Duration.ZERO));
      List<String> discarded = pool.trashEntries().stream().map(TrashEntry::imageId).toList();
      assertCost("trash remove, 1 GiB", 24, i -> pool.trashRemove(discarded.get(i)));
    }
  }

  private interface Step {
    void run(int round);
  }

  private static void resize(Pool pool, long sizeBytes) {
    try (Image image = pool.openImage("counted")) {
      image.resize(sizeBytes);
    }
  }

  /** The least of some rounds, since the manager has operations of its own now and then. */
  private static void assertCost(String call, long most, Step step) throws IOException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < ROUNDS; i++) {
      long before = operations();
      step.run(i);
      least = Math.min(least, operations() - before);
    }
    System.out.printf("%-28s %3d OSD operations%n", call, least);
    assertThat(least).describedAs(call).isLessThanOrEqualTo(most);
  }

  /**
   * The OSD's counter, asked at its admin socket: a NUL ends the question, 4 bytes are a length.
   */
  private static long operations() throws IOException {
    var address = UnixDomainSocketAddress.of(CEPH.folder().resolve("run/osd.0.asok"));
    try (var socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.connect(address);
      String question = "{\"prefix\":\"perf dump\",\"logger\":\"osd\",\"counter\":\"op\"}\0";
      socket.write(ByteBuffer.wrap(question.getBytes(UTF_8)));
      var answer = ByteBuffer.allocate(4096);
      while (socket.read(answer) > 0) {}
      var matcher = NUMBER.matcher(new String(answer.array(), 4, answer.position() - 4, UTF_8));
      assertThat(matcher.find()).isTrue();
      return Long.parseLong(matcher.group(1));
    }
  }
}
