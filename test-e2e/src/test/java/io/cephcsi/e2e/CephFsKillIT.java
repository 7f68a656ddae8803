package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.e2e.VolumeLife.Step;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * As {@link KillIT}, for CephFS by ceph-fuse, with a snapshot of the volume, a volume restored from
 * it and one that shows it: the driver is killed in the middle of every step, started again, and
 * the step repeated.
 */
@Tag("kill")
class CephFsKillIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir static Path folder;
  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static CephFsRemains remains;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    driver =
        DriverProcess.startCephFs(
            ceph,
            "--controllerserver",
            "--nodeserver",
            "--keyring=" + ceph.entry("keyring"),
            "--mount-records=" + Files.createDirectory(folder.resolve("records")));
    remains = new CephFsRemains(ceph, folder);
  }

  @AfterAll
  static void stop() throws Exception {
    remains.unmountAll();
    driver.close();
    ceph.close();
  }

  @ParameterizedTest(name = "killed after {0} ms")
  @ValueSource(ints = {0, 30, 200})
  void everyStep_killedInTheMiddleAndRepeated_endsAsUsual(int millis) throws Exception {
    var life = VolumeLife.onCephFs(ceph, "pvc-" + millis, folder);
    var snapshot = new SnapshotLife(life, "snapshot-" + millis);
    var restored = life.copy("restored-" + millis, false, snapshot::source);
    var shown = life.copy("shown-" + millis, true, snapshot::source);

    for (Step step : steps(life, snapshot, restored, shown)) {
      killDuring(step, millis);
      var _ = Orchestrator.run(step, driver::client);
      var _ = step.action().run(driver.client()); // and once more, for good measure
    }

    assertThat(remains.all()).isEmpty();
  }

  /** The snapshot is cut of the volume when it has its data, and is gone before the last volume. */
  private static List<Step> steps(
      VolumeLife life, SnapshotLife snapshot, VolumeLife restored, VolumeLife shown) {
    List<Step> steps = new ArrayList<>();
    for (Step step : life.steps()) {
      if (step.name().equals("NodeUnpublishVolume")) {
        steps.add(snapshot.cut());
        steps.addAll(reading(restored));
        steps.addAll(reading(shown));
        steps.add(snapshot.delete());
      }
      steps.add(step);
    }
    return steps;
  }

  private static List<Step> reading(VolumeLife copy) {
    Set<String> names =
        Set.of(
            "CreateVolume",
            "NodeStageVolume",
            "NodePublishVolume",
            "read back",
            "NodeUnpublishVolume",
            "NodeUnstageVolume",
            "DeleteVolume");
    return copy.steps().stream().filter(step -> names.contains(step.name())).toList();
  }

  private static void killDuring(Step step, int millis) throws Exception {
    CsiClient client = driver.client();
    var running = CompletableFuture.runAsync(() -> attempt(step, client));
    Thread.sleep(millis);
    driver.kill();
    running.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    driver.restart();
  }

  private static void attempt(Step step, CsiClient client) {
    try {
      var _ = step.action().run(client);
    } catch (StatusRuntimeException | IOException e) {
      // the driver was killed
    }
  }
}
