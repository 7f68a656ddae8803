package io.cephcsi.e2e;

import static io.cephcsi.e2e.Orchestrator.run;
import static io.cephcsi.e2e.Orchestrator.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.VolumeSource;
import io.cephcsi.e2e.VolumeLife.Step;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Volumes that show a snapshot, and copies, on a real cluster with two controllers, and mounted by
 * ceph-fuse. The numbers are those of the acceptance scenarios that a test covers.
 */
@Tag("cephfs")
class CephFsCopiesIT {
  private static final int RACES = 12;

  @TempDir static Path folder;
  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static DriverProcess other;
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
    other =
        DriverProcess.startCephFs(ceph, "--controllerserver", "--keyring=" + ceph.entry("keyring"));
    remains = new CephFsRemains(ceph, folder);
  }

  @AfterAll
  static void stop() throws Exception {
    remains.unmountAll();
    other.close();
    driver.close();
    ceph.close();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    assertThat(remains.all()).isEmpty();
  }

  private static VolumeLife written(String name) throws Exception {
    var life = VolumeLife.onCephFs(ceph, name, folder);
    run(
        life,
        driver,
        "CreateVolume",
        "NodeStageVolume",
        "NodePublishVolume",
        "write 32 MiB",
        "NodeUnpublishVolume",
        "NodeUnstageVolume");
    return life;
  }

  private static VolumeContentSource volume(VolumeLife life) {
    return VolumeContentSource.newBuilder()
        .setVolume(VolumeSource.newBuilder().setVolumeId(life.volume().getVolumeId()))
        .build();
  }

  /** C28, C31, C33, C36, W18: the snapshot is deleted first, by another controller. */
  @Test
  void shownSnapshot_outlivesItsDeletionAndThatOfItsVolume() throws Exception {
    VolumeLife life = written("pvc-source");
    var snapshot = new SnapshotLife(life, "snapshot-source");
    var _ = run(snapshot.cut(), driver::client);
    var shown = life.copy("pvc-shown", true, snapshot::source);
    List<String> before = new AdminSubvolume(ceph).names();
    run(shown, driver, "CreateVolume");
    assertThat(new AdminSubvolume(ceph).names()).isEqualTo(before);

    var _ = run(snapshot.delete(), other::client);
    run(life, other, "DeleteVolume");

    run(shown, driver, "NodeStageVolume", "NodePublishVolume", "read back");
    Path second = folder.resolve("second-pod");
    shown.publish(driver.client(), second, false);
    for (Path pod : List.of(shown.target(), second)) {
      assertThat(pod.resolve("data")).exists();
      assertThatThrownBy(() -> Files.writeString(pod.resolve("x"), "x"))
          .isInstanceOf(FileSystemException.class)
          .hasMessageContaining("Read-only");
    }
    shown.unpublish(driver.client(), second);

    var writable = shown.copy("pvc-writable", false, () -> volume(shown));
    run(writable, other, "CreateVolume");
    run(
        writable,
        driver,
        "NodeStageVolume",
        "NodePublishVolume",
        "read back",
        "write 32 MiB",
        "NodeUnpublishVolume",
        "NodeUnstageVolume",
        "DeleteVolume");
    run(shown, driver, "read back", "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
  }

  /** C31: one controller shows the snapshot while the other deletes it; either may win. */
  @Test
  void showAndDelete_byTwoControllers_leaveAWholeVolumeOrNone() throws Exception {
    VolumeLife life = written("pvc-raced");
    for (int i = 0; i < RACES; i++) {
      var snapshot = new SnapshotLife(life, "snapshot-raced-" + i);
      var _ = run(snapshot.cut(), driver::client);
      var shown = life.copy("pvc-raced-" + i, true, snapshot::source);
      int head = i % 4; // who comes first differs
      var deleted =
          CompletableFuture.runAsync(() -> {
            try {
              Thread.sleep(2L * head);
              var _ = run(snapshot.delete(), other::client);
            } catch (Exception e) {
              throw new AssertionError(e);
            }
          });
      boolean made = shows(shown);
      deleted.join();
      if (made) {
        run(
            shown,
            driver,
            "NodeStageVolume",
            "NodePublishVolume",
            "read back",
            "NodeUnpublishVolume",
            "NodeUnstageVolume",
            "DeleteVolume");
      }
    }
    run(life, driver, "DeleteVolume");
  }

  private static boolean shows(VolumeLife shown) throws Exception {
    try {
      run(shown, driver, "CreateVolume");
      return true;
    } catch (AssertionError e) {
      assertThat(e.getCause()).isInstanceOf(StatusRuntimeException.class);
      assertThat(Status.fromThrowable(e.getCause()).getCode()).isEqualTo(Status.Code.NOT_FOUND);
      return false;
    }
  }

  /** C29: three snapshots, three restores of one and one of each, the snapshots deleted first. */
  @Test
  void snapshotsAndRestores_atTheSameTime() throws Exception {
    VolumeLife life = written("pvc-parallel");
    List<SnapshotLife> snapshots = new ArrayList<>();
    List<VolumeLife> restores = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      var snapshot = new SnapshotLife(life, "snapshot-parallel-" + i);
      snapshots.add(snapshot);
      restores.add(life.copy("restore-each-" + i, false, snapshot::source));
      restores.add(life.copy("restore-one-" + i, false, snapshots.getFirst()::source));
    }

    Orchestrator.together(driver, snapshots.stream().map(SnapshotLife::cut).toList());
    Orchestrator.together(driver, steps(restores, "CreateVolume"));
    Orchestrator.together(driver, snapshots.stream().map(SnapshotLife::delete).toList());
    run(life, driver, "DeleteVolume");

    readAndDelete(restores);
  }

  /** C35. */
  @Test
  void copiesOfAVolume_atTheSameTime_outliveIt() throws Exception {
    VolumeLife life = written("pvc-copied");
    List<VolumeLife> copies = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      copies.add(life.copy("copy-" + i, false, () -> volume(life)));
    }

    Orchestrator.together(driver, steps(copies, "CreateVolume"));
    run(life, driver, "DeleteVolume");

    readAndDelete(copies);
  }

  /** C23: without being taken away from its pod. */
  @Test
  void expandedVolume_isSeenByItsPod() throws Exception {
    var life = VolumeLife.onCephFs(ceph, "pvc-grown", folder);
    run(life, driver, "CreateVolume", "NodeStageVolume", "NodePublishVolume");
    assertThat(Files.getFileStore(life.target()).getTotalSpace()).isEqualTo(1L << 30);

    run(life, driver, "ControllerExpandVolume");

    long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (Files.getFileStore(life.target()).getTotalSpace() != 3L << 30) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
      Thread.sleep(100);
    }
    run(life, driver, "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
  }

  private static List<Step> steps(List<VolumeLife> lives, String name) {
    return lives.stream().map(life -> step(life, name)).toList();
  }

  private static void readAndDelete(List<VolumeLife> lives) throws Exception {
    for (VolumeLife life : lives) {
      run(
          life,
          driver,
          "NodeStageVolume",
          "NodePublishVolume",
          "read back",
          "NodeUnpublishVolume",
          "NodeUnstageVolume");
    }
    Orchestrator.together(driver, steps(lives, "DeleteVolume"));
  }
}
