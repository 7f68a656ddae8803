package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Pool;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The driver is killed in the middle of every step of a volume's life, and of those of its
 * snapshots and copies, started again, and the step repeated: the outcome is that of a life without
 * trouble, and nothing is left over.
 */
@Tag("kill")
class KillIT {
  /** Live ones tell the OSD every 5 s that they are there. */
  private static final String DEAD_AFTER_10_S =
      """
      {"prefix":"config set","who":"osd","name":"osd_client_watch_timeout","value":"10"}\
      """;

  /** What a killed driver had to purge is looked for after 30 s; its client is dead by then. */
  private static final Duration PURGES = Duration.ofMinutes(2);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir static Path folder;
  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static Remains remains;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start("--no-cephfs");
    driver =
        DriverProcess.start(
            ceph,
            "--controllerserver",
            "--nodeserver",
            "--keyring=" + ceph.entry("keyring"),
            "--state-dir=" + folder.resolve("state"));
    remains = new Remains(ceph, folder);
  }

  @AfterAll
  static void stop() {
    remains.close();
    driver.close();
    ceph.close();
  }

  @ParameterizedTest(name = "killed after {0} ms")
  @ValueSource(ints = {0, 10, 30, 80, 200})
  void everyStep_killedInTheMiddleAndRepeated_endsAsUsual(int millis) throws Exception {
    sweep(new VolumeLife("pvc-" + millis, ceph.pool(), ceph.credentials(), folder).steps(), millis);
  }

  /**
   * Who changes an image's header tells all that have it open, and waits for the answer of a driver
   * that was killed until the OSD takes it for dead; here sooner than the usual 30 s.
   */
  @ParameterizedTest(name = "killed after {0} ms")
  @ValueSource(ints = {20, 150})
  void everyCopy_killedInTheMiddleAndRepeated_endsAsUsual(int millis) throws Exception {
    try (Clusters clusters = new ConnectionPool(ConnectionSettings.DEFAULT);
        Cluster cluster = clusters.lend(ceph.monitors(), ceph.credentials());
        Pool pool = cluster.openPool(ceph.pool(), "")) {
      var _ = cluster.monitorCommand(DEAD_AFTER_10_S);
      var secrets =
          Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
      sweep(new CopyLife("copy-" + millis, pool, secrets).steps(), millis);
    }
  }

  /** Each step of a purge may be its driver's last: the next one goes on from there. */
  @Test
  void purges_killedAmidThem_areEndedByTheNextDriver() throws Exception {
    for (int millis = 100; millis <= 1000; millis += 100) {
      var life = volume("purged-" + millis);
      List<SnapshotLife> snapshots = new ArrayList<>();
      for (int n = 0; n < 4; n++) {
        var snapshot = new SnapshotLife(life, "purged-" + millis + "-" + n);
        var _ = snapshot.cut().action().run(driver.client());
        snapshots.add(snapshot);
      }
      for (SnapshotLife snapshot : snapshots) {
        var _ = snapshot.delete().action().run(driver.client());
      }
      var _ = life.run("DeleteVolume", driver.client());
      Thread.sleep(millis);
      driver.kill();
      driver.restart();
    }
    var _ = volume("last").run("DeleteVolume", driver.client()); // a driver looks at a pool it uses
    assertThat(remains.awaitNothing(PURGES)).isEmpty();
  }

  /** Not every snapshot goes with its image: what a kill leaves on one that lives on, stays. */
  @Test
  void snapshotsAndTheirRemoval_killedAmidThem_leaveNothingOnTheirVolume() throws Exception {
    var volume = volume("lives-on");
    for (int millis = 20; millis <= 500; millis += 60) {
      var snapshot = new SnapshotLife(volume, "lives-on-" + millis);
      killDuring(snapshot.cut(), millis);
      var _ = Orchestrator.run(snapshot.cut(), driver::client);
      killDuring(snapshot.delete(), millis);
      var _ = Orchestrator.run(snapshot.delete(), driver::client);
      Thread.sleep(millis);
      driver.kill();
      driver.restart();
    }
    var last = new SnapshotLife(volume, "lives-on-last");
    var _ = Orchestrator.run(last.cut(), driver::client);
    var _ = Orchestrator.run(last.delete(), driver::client);
    assertThat(remains.awaitNone(KillIT::isOfSnapshot, PURGES)).isEmpty();
    var _ = volume.run("DeleteVolume", driver.client());
    assertThat(remains.awaitNothing(PURGES)).isEmpty();
  }

  /** An image behind one, what the journal says of one, or one on an image. */
  private static boolean isOfSnapshot(String thing) {
    return thing.contains("snap");
  }

  private static VolumeLife volume(String name) throws Exception {
    var life = new VolumeLife(name, ceph.pool(), ceph.credentials(), folder);
    var _ = life.run("CreateVolume", driver.client());
    return life;
  }

  private static void sweep(List<VolumeLife.Step> steps, int millis) throws Exception {
    for (VolumeLife.Step step : steps) {
      killDuring(step, millis);
      var _ = Orchestrator.run(step, driver::client);
      var _ = step.action().run(driver.client()); // and once more, for good measure
    }
    assertThat(remains.awaitNothing(PURGES)).isEmpty();
  }

  private static void killDuring(VolumeLife.Step step, int millis) throws Exception {
    CsiClient client = driver.client();
    var running = CompletableFuture.runAsync(() -> attempt(step, client));
    Thread.sleep(millis);
    driver.kill();
    running.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    driver.restart();
  }

  private static void attempt(VolumeLife.Step step, CsiClient client) {
    try {
      var _ = step.action().run(client);
    } catch (StatusRuntimeException | IOException e) {
      // the driver was killed
    }
  }
}
