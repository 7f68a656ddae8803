package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CapacityRange;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.GetPluginInfoRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The built driver as a process: it starts, serves, is killed, starts again and stops. */
class DriverProcessIT {
  private static ThrowawayCeph ceph;

  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  @BeforeAll
  static void start() throws Exception {
    ceph = ThrowawayCeph.start("--no-cephfs");
  }

  @AfterAll
  static void end() {
    ceph.close();
  }

  @Test
  void servesAgainAfterItWasKilled() throws Exception {
    try (var driver = DriverProcess.start(ceph, "--controllerserver")) {
      long first = driver.pid();
      assertThat(driver.firstProbe()).isPositive();
      assertThat(driver.rssBytes()).isGreaterThan(1 << 20);

      driver.kill();
      assertThat(driver.socket()).exists(); // a stale one
      driver.restart();

      assertThat(driver.pid()).isNotEqualTo(first);
      var info =
          driver.client().identity().getPluginInfo(GetPluginInfoRequest.newBuilder().build());
      assertThat(info.getName()).isEqualTo("rbd.csi.ceph.com");
      assertThat(driver.stop()).isZero();
      assertThat(driver.socket()).doesNotExist();
    }
  }

  @Test
  void socketOfALiveProcess_isLeftToIt() throws Exception {
    try (var driver = DriverProcess.start(ceph, "--controllerserver")) {
      List<String> second =
          driver.command().subList(driver.command().indexOf("--type=rbd"), driver.command().size());
      CommandRun run = CommandRun.of(second.toArray(String[]::new));

      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.err())
          .contains(driver.socket() + ": in use by a live process; stop it or take another path");
      var info =
          driver.client().identity().getPluginInfo(GetPluginInfoRequest.newBuilder().build());
      assertThat(info.getName()).isEqualTo("rbd.csi.ceph.com");
    }
  }

  @Test
  void countsTheOperationsOfACall() throws Exception {
    try (var driver = DriverProcess.start(ceph, "--controllerserver")) {
      long before = ceph.osdOperations();
      var volume = driver.client().controller().createVolume(request()).getVolume();
      assertThat(ceph.osdOperations()).isGreaterThan(before + 5);

      var delete =
          DeleteVolumeRequest.newBuilder()
              .setVolumeId(volume.getVolumeId())
              .putAllSecrets(secrets())
              .build();
      var _ = driver.client().controller().deleteVolume(delete);
    }
  }

  @Test
  void leavesNothingBehind() throws Exception {
    Path folder;
    try (var driver = DriverProcess.start(ceph, "--controllerserver")) {
      folder = driver.socket().getParent();
      assertThat(Files.readString(driver.log())).contains("serves");
    }
    assertThat(folder).doesNotExist();
  }

  private static CreateVolumeRequest request() throws Exception {
    return CreateVolumeRequest.newBuilder()
        .setName("pvc-counted")
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(1L << 30))
        .addVolumeCapabilities(
            VolumeCapability.newBuilder()
                .setMount(MountVolume.newBuilder().setFsType("ext4"))
                .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
        .putAllParameters(Map.of("clusterID", DriverProcess.CLUSTER_ID, "pool", ceph.pool()))
        .putAllSecrets(secrets())
        .build();
  }

  private static Map<String, String> secrets() throws Exception {
    return Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
  }
}
