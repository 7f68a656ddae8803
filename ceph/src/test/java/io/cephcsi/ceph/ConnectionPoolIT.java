package io.cephcsi.ceph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Connections to a real Ceph: shared, counted, ended, refused, and out of reach. */
@SuppressWarnings("MustBeClosedChecker") // what is opened late or twice on purpose
final class ConnectionPoolIT {
  /** A command that every manager has, whatever its modules. */
  private static final String PG_STAT = "{\"prefix\":\"pg stat\",\"format\":\"json\"}";

  @RegisterExtension static final SingleNodeCeph CEPH = new SingleNodeCeph();

  private static final ConnectionSettings SHORT =
      new ConnectionSettings(
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          Duration.ofMillis(400),
          null);

  /**
   * Monitors of Ceph 20 hang up on a user whom they refuse, where protocol v1 is spoken, and are
   * asked once more three seconds later.
   */
  private static final ConnectionSettings REFUSED_TWICE =
      new ConnectionSettings(
          Duration.ofSeconds(10),
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          Duration.ofMillis(400),
          null);

  private final ConnectionPool connections = new ConnectionPool(SHORT);

  @AfterEach
  void close() {
    connections.close();
  }

  @Test
  void lend_twice_isOneConnection() {
    try (Cluster one = lend();
        Cluster two = lend()) {
      assertThat(one.clientAddresses()).isEqualTo(two.clientAddresses());
      assertThat(one.fsid()).isEqualTo(CEPH.entry("fsid"));
      assertThat(connections.size()).isEqualTo(1);
    }
  }

  @Test
  void lend_configurationWhoseLastLineDoesNotEnd_saysWhatIsMissing(@TempDir Path folder)
      throws Exception {
    Path file = Files.writeString(folder.resolve("ceph.conf"), "[global]\n  debug_rados = 0");
    Duration second = Duration.ofSeconds(1);
    try (var pool =
        new ConnectionPool(new ConnectionSettings(second, second, second, second, file))) {
      assertThatThrownBy(() -> pool.lend(CEPH.monitors(), CEPH.credentials()))
          .hasMessageContaining("read " + file)
          .hasMessageContaining("must end with a newline");
    }
  }

  /** Maven reads what this process prints by pipes. */
  @Test
  void lend_leavesStandardErrorAsItIs() throws Exception {
    try (var _ = lend()) {
      String flags =
          Files.readAllLines(Path.of("/proc/self/fdinfo/2")).stream()
              .filter(line -> line.startsWith("flags:"))
              .map(line -> line.substring("flags:".length()).strip())
              .findFirst()
              .orElseThrow();
      assertThat(Integer.parseInt(flags, 8) & 0x800).as("O_NONBLOCK").isZero();
    }
  }

  @Test
  void lend_byManyThreads_isOneConnection() {
    Set<String> addresses = ConcurrentHashMap.newKeySet();
    try (var threads = Executors.newFixedThreadPool(16)) {
      IntStream.range(0, 64).forEach(_ -> threads.execute(() -> addAddress(addresses)));
    }
    assertThat(addresses).hasSize(1);
  }

  private void addAddress(Set<String> addresses) {
    try (Cluster cluster = lend();
        Pool pool = cluster.openPool(CEPH.pool(), "")) {
      pool.imageId("nothing");
      addresses.add(cluster.clientAddresses());
    }
  }

  @Test
  void lend_wrongKey_isRefused() {
    var wrong = new Credentials("admin", "AQBrBAFrAAAAABAAZs5XmVjsR0ekhVIvcuGzYA==");
    try (var patient = new ConnectionPool(REFUSED_TWICE)) {
      assertThat(errno(() -> patient.lend(CEPH.monitors(), wrong))).isIn(Errno.EACCES, Errno.EPERM);
      assertThat(patient.size()).isZero();
    }
  }

  @Test
  void lend_keyThatIsNone_isInvalid() {
    var wrong = new Credentials("admin", "no key at all");
    assertThatThrownBy(() -> connections.lend(CEPH.monitors(), wrong))
        .isInstanceOfSatisfying(
            CephException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
        .hasMessageContaining("ceph auth get-key");
  }

  /** A librados of Ceph 20 knows it, and is refused by the monitors; older ones cannot read it. */
  @Test
  void lend_keyOfTheKindOfCeph20_isRefusedOrSaysWhatToDo() {
    var bytes = ByteBuffer.allocate(44).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putShort((short) 2).putLong(1_700_000_000L).putShort((short) 32);
    var user = new Credentials("admin", Base64.getEncoder().encodeToString(bytes.array()));
    try (var patient = new ConnectionPool(REFUSED_TWICE)) {
      assertThatThrownBy(() -> patient.lend(CEPH.monitors(), user))
          .isInstanceOfSatisfying(
              CephException.class,
              e -> {
                if (e.errno() == Errno.EINVAL) {
                  assertThat(e)
                      .hasMessageContaining("aes256k")
                      .hasMessageContaining("--key_type aes");
                } else {
                  assertThat(e.errno()).isIn(Errno.EACCES, Errno.EPERM);
                }
              });
    }
  }

  @Test
  void lend_unknownUser_isRefused() {
    var nobody = new Credentials("nobody", CEPH.credentials().key());
    try (var patient = new ConnectionPool(REFUSED_TWICE)) {
      assertThat(errno(() -> patient.lend(CEPH.monitors(), nobody)))
          .isIn(Errno.EACCES, Errno.EPERM, Errno.ENOENT);
    }
  }

  @Test
  void lend_nobodyListens_timesOut() {
    long start = System.nanoTime();
    assertThat(errno(() -> connections.lend("127.0.0.1:1", CEPH.credentials())))
        .isEqualTo(Errno.ETIMEDOUT);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
  }

  @Test
  void lend_monitorHangs_doesNotHinderOthers() throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String monitors = "127.0.0.1:" + silent.getLocalPort();
      var hanging =
          CompletableFuture.supplyAsync(
              () -> errno(() -> connections.lend(monitors, CEPH.credentials())));
      Thread.sleep(100);
      try (Cluster cluster = lend()) {
        assertThat(cluster.poolId(CEPH.pool())).isPresent();
        assertThat(hanging).isNotDone();
      }
      assertThat(hanging.get()).isEqualTo(Errno.ETIMEDOUT);
    }
  }

  @Test
  void lend_changedKey_isAnotherConnection() {
    var before = new Credentials("changing", key("changing"));
    try (Cluster old = connections.lend(CEPH.monitors(), before)) {
      CEPH.run("ceph", "auth", "rm", "client.changing");
      var after = new Credentials("changing", key("changing"));
      assertThat(after).isNotEqualTo(before);
      try (Cluster cluster = connections.lend(CEPH.monitors(), after)) {
        assertThat(cluster.clientAddresses()).isNotEqualTo(old.clientAddresses());
        assertThat(connections.size()).isEqualTo(2);
      }
    } finally {
      CEPH.run("ceph", "auth", "rm", "client.changing");
    }
  }

  private static String key(String user) {
    return CEPH.run(
            "ceph",
            "auth",
            "get-or-create-key",
            "client." + user,
            "mon",
            "profile rbd",
            "osd",
            "profile rbd")
        .strip();
  }

  @Test
  void connection_idle_isEndedAndMadeAgain() throws Exception {
    String first = address();
    await(() -> connections.size() == 0);
    assertThat(address()).isNotEqualTo(first);
  }

  @Test
  void connection_withAnOpenPoolOrImage_isNotEnded() throws Exception {
    Cluster cluster = lend();
    String address = cluster.clientAddresses();
    Pool pool = cluster.openPool(CEPH.pool(), "");
    String name = UUID.randomUUID().toString();
    pool.createImage(name, 1 << 20, ImageOptions.DEFAULT);
    Image image = pool.openImage(name);
    cluster.close();
    Thread.sleep(1000);
    assertThat(address()).isEqualTo(address);
    pool.close();
    Thread.sleep(1000);
    assertThat(image.sizeBytes()).isEqualTo(1 << 20);
    assertThat(address()).isEqualTo(address);
    image.close();
    await(() -> connections.size() == 0);
  }

  @Test
  void connection_blocklisted_isNotLentAgain() throws Exception {
    Cluster held = lend();
    Pool pool = held.openPool(CEPH.pool(), "");
    Image image = imageIn(pool);
    blocklist(held.clientAddresses());
    await(() -> refused(() -> pool.imageId("nothing")));
    // The next call has another client while the old one is still held, and also when it is gone.
    assertWorks(held.clientAddresses());
    image.close();
    pool.close();
    held.close();
    assertWorks("");
    await(() -> connections.size() == 0);
  }

  @Test
  void connection_blocklisted_isRetiredWhateverMeetsIt() throws Exception {
    for (OnPool use :
        List.<OnPool>of(
            pool -> pool.openImage("nothing").close(),
            pool -> pool.updateAsync("nothing", Map.of("a", "1")).join(),
            pool -> pool.create("nothing", Map.of()),
            pool -> pool.createImage("nothing", 1 << 20, ImageOptions.DEFAULT),
            Pool::images,
            Pool::trashEntries,
            Pool::groups,
            pool -> pool.readObject("nothing", 8, Set.of()),
            pool -> pool.imageHeader("nothing"))) {
      String address;
      try (Cluster cluster = lend();
          Pool pool = cluster.openPool(CEPH.pool(), "")) {
        address = cluster.clientAddresses();
        blocklist(address);
        await(() -> refused(() -> use.of(pool)));
      }
      assertWorks(address);
    }
  }

  private interface OnPool {
    void of(Pool pool);
  }

  private void assertWorks(String before) {
    try (Cluster cluster = lend();
        Pool pool = cluster.openPool(CEPH.pool(), "")) {
      assertThat(pool.imageId("nothing")).isEmpty();
      assertThat(cluster.clientAddresses()).isNotEqualTo(before);
    }
  }

  private static Image imageIn(Pool pool) {
    String name = UUID.randomUUID().toString();
    pool.createImage(name, 1 << 20, ImageOptions.DEFAULT);
    return pool.openImage(name);
  }

  private static void blocklist(String client) {
    CEPH.run("ceph", "osd", "blocklist", "add", client.replaceFirst("^(v1|v2|any):", ""));
  }

  /** Whether it is refused as a blocklisted client is; OSDs learn of that a little later. */
  private static boolean refused(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    if (thrown instanceof CompletionException e) {
      thrown = e.getCause();
    }
    return thrown instanceof CephException e && e.errno() == Errno.ESHUTDOWN;
  }

  @Test
  void close_whileLent_endsItWhenItComesBack() {
    Cluster cluster = lend();
    Pool pool = cluster.openPool(CEPH.pool(), "");
    connections.close();
    assertThatThrownBy(this::lend).isInstanceOf(IllegalStateException.class);
    assertThat(cluster.poolId(CEPH.pool())).isPresent();
    cluster.close();
    assertThat(pool.imageId("nothing")).isEmpty();
    pool.close();
    assertThatThrownBy(() -> pool.imageId("nothing")).isInstanceOf(IllegalStateException.class);
    connections.close();
  }

  @Test
  void closedCluster_refusesUse_andClosingAgainDoesNothing() {
    Cluster cluster = lend();
    Pool pool = cluster.openPool(CEPH.pool(), "");
    cluster.close();
    cluster.close();
    for (ThrowingCallable use :
        Set.<ThrowingCallable>of(
            cluster::fsid,
            cluster::clientAddresses,
            () -> cluster.poolId("x"),
            () -> cluster.openPool(CEPH.pool(), ""),
            () -> cluster.monitorCommand("{}"),
            () -> cluster.managerCommand("{}", Duration.ofSeconds(1)))) {
      assertThatThrownBy(use)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
    pool.close();
    pool.close();
    // Closing twice was counted once: a lent connection is still there.
    try (Cluster again = lend()) {
      assertThat(again.fsid()).isNotEmpty();
    }
  }

  @Test
  void pools_areFoundBothWays() {
    try (Cluster cluster = lend()) {
      long id = cluster.poolId(CEPH.pool()).orElseThrow();
      assertThat(cluster.poolName(id)).contains(CEPH.pool());
      assertThat(cluster.poolId("nowhere")).isEmpty();
      assertThat(cluster.poolName(4711)).isEmpty();
      assertThat(errno(() -> cluster.openPool("nowhere", ""))).isEqualTo(Errno.ENOENT);
      assertThat(errno(() -> cluster.openPool(4711, ""))).isEqualTo(Errno.ENOENT);
      try (Pool pool = cluster.openPool(id, "somewhere")) {
        assertThat(pool.name()).isEqualTo(CEPH.pool());
        assertThat(pool.id()).isEqualTo(id);
        assertThat(pool.namespace()).isEqualTo("somewhere");
      }
    }
  }

  @Test
  void pool_madeByAnotherClient_isFound() {
    try (Cluster cluster = lend()) {
      for (int i = 0; i < 3; i++) {
        String name = "new-pool-" + UUID.randomUUID();
        assertThat(cluster.poolId(name)).isEmpty();
        CEPH.run("ceph", "osd", "pool", "create", name, "1");
        long id = cluster.poolId(name).orElseThrow();
        assertThat(cluster.poolName(id)).contains(name);
        cluster.openPool(id, "").close();
      }
    }
  }

  @Test
  void monitorCommand_answersOrSaysWhatIsWrong() {
    try (Cluster cluster = lend()) {
      assertThat(cluster.monitorCommand("{\"prefix\":\"df\",\"format\":\"json\"}"))
          .contains("\"stats\"")
          .contains("\"max_avail\"");
      assertThatThrownBy(() -> cluster.monitorCommand("{\"prefix\":\"no such command\"}"))
          .isInstanceOf(CephException.class)
          .hasMessageContaining("no such command")
          .hasMessageContaining("invalid argument");
    }
  }

  @Test
  void managerCommand_answersOrSaysWhatIsWrong() {
    Duration time = Duration.ofSeconds(10);
    try (Cluster cluster = lend()) {
      assertThat(cluster.managerCommand(PG_STAT, time)).contains("num_pgs");
      assertThat(errno(() -> cluster.managerCommand("{\"prefix\":\"no such\"}", time)))
          .isEqualTo(Errno.EINVAL);
    }
  }

  @Test
  void managerCommand_inTooShortATime_timesOutAndHarmsNothing() {
    try (Cluster cluster = lend()) {
      assertThat(errno(() -> cluster.managerCommand(PG_STAT, Duration.ofNanos(1))))
          .isEqualTo(Errno.ETIMEDOUT);
      assertThat(cluster.managerCommand(PG_STAT, Duration.ofSeconds(10))).isNotEmpty();
    }
  }

  /** Its answers come when librados' own bound has passed, and nobody waits for them any more. */
  @Test
  void managerCommand_managerHangs_isGivenUpAndItsLateAnswerHarmsNothing() throws Exception {
    Duration time = SHORT.monitorTimeout().plusSeconds(1);
    try (Cluster cluster = lend();
        var threads = Executors.newFixedThreadPool(16)) {
      assertThat(cluster.managerCommand(PG_STAT, Duration.ofSeconds(10))).isNotEmpty();
      Processes.stop(pid("mgr_pid"));
      try {
        var calls =
            IntStream.range(0, 16)
                .<Callable<Integer>>mapToObj(
                    _ -> () -> errno(() -> cluster.managerCommand(PG_STAT, time)))
                .toList();
        for (var call : threads.invokeAll(calls)) {
          assertThat(call.get()).isEqualTo(Errno.ETIMEDOUT);
        }
        long start = System.nanoTime();
        assertThat(errno(() -> cluster.managerCommand(PG_STAT, time))).isEqualTo(Errno.ETIMEDOUT);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
      } finally {
        Processes.resume(pid("mgr_pid"));
      }
      await(() -> answers(cluster));
      for (int i = 0; i < 100; i++) {
        assertThat(cluster.managerCommand(PG_STAT, Duration.ofSeconds(10))).contains("num_pgs");
      }
    }
  }

  @Test
  void managerCommand_isNotWaitedForLongerThanTheSettingsAllow() throws Exception {
    try (Cluster cluster = lend()) {
      Processes.stop(pid("mgr_pid"));
      try {
        long start = System.nanoTime();
        assertThat(errno(() -> cluster.managerCommand(PG_STAT, Duration.ofMinutes(1))))
            .isEqualTo(Errno.ETIMEDOUT);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
            .isBetween(SHORT.monitorTimeout(), Duration.ofSeconds(20));
      } finally {
        Processes.resume(pid("mgr_pid"));
      }
      assertThat(cluster.managerCommand(PG_STAT, Duration.ofSeconds(10))).isNotEmpty();
    }
  }

  @Test
  void managerCommand_whileSilent_canEndTheWaiting() throws Exception {
    try (var pool = new ConnectionPool(ConnectionSettings.DEFAULT);
        Cluster cluster = pool.lend(CEPH.monitors(), CEPH.credentials())) {
      Processes.stop(pid("mgr_pid"));
      try {
        assertThatThrownBy(() ->
                cluster.managerCommand(
                    PG_STAT, Duration.ofSeconds(30), ConnectionPoolIT::endWaiting))
            .isInstanceOf(IllegalStateException.class);
      } finally {
        Processes.resume(pid("mgr_pid"));
      }
      assertThat(cluster.managerCommand(PG_STAT, Duration.ofSeconds(10))).isNotEmpty();
    }
  }

  private static void endWaiting() {
    throw new IllegalStateException("the reason is known");
  }

  private static boolean answers(Cluster cluster) {
    try {
      return !cluster.managerCommand(PG_STAT, Duration.ofSeconds(10)).isEmpty();
    } catch (CephException e) {
      return false;
    }
  }

  @Test
  void operation_onAnOsdThatHangs_timesOut() throws Exception {
    try (Cluster cluster = lend();
        Pool pool = cluster.openPool(CEPH.pool(), "")) {
      pool.create("hanging", Map.of());
      Processes.stop(pid("osd_pid"));
      try {
        assertThat(errno(() -> pool.get("hanging", Set.of("a")))).isEqualTo(Errno.ETIMEDOUT);
        assertThat(errno(() -> pool.update("hanging", Map.of("a", "1"))))
            .isEqualTo(Errno.ETIMEDOUT);
        assertThat(errno(() -> pool.openImage("hanging"))).isEqualTo(Errno.ETIMEDOUT);
      } finally {
        Processes.resume(pid("osd_pid"));
      }
      pool.remove("hanging");
    }
  }

  private static long pid(String entry) {
    return Long.parseLong(CEPH.entry(entry));
  }

  private Cluster lend() {
    return connections.lend(CEPH.monitors(), CEPH.credentials());
  }

  private String address() {
    try (Cluster cluster = lend()) {
      return cluster.clientAddresses();
    }
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).describedAs("waited too long").isLessThan(end);
      Thread.sleep(20);
    }
  }

  private static int errno(ThrowingCallable call) {
    CephException e = catchThrowableOfType(CephException.class, call);
    assertThat(e).describedAs("no CephException was thrown").isNotNull();
    return e.errno();
  }
}
