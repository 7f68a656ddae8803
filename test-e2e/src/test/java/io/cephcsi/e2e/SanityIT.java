package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** csi-sanity against controller and node together, with the userspace mapper on this machine. */
class SanityIT {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"mount", "block"})
  void wholeSuite_hasNoFailure(String accessType) throws Exception {
    try (var nodes = new NodeApi("demo", folder);
        ThrowawayCeph ceph = ThrowawayCeph.start("--no-cephfs");
        DriverProcess driver =
            DriverProcess.start(
                ceph,
                nodes.environment(),
                "--controllerserver",
                "--nodeserver",
                "--default-mounter=userspace",
                "--topology=zone=z1",
                "--fencing=" + accessType.equals("block"),
                "--default-fstype=" + (Capability.canGrowExt4() ? "ext4" : "xfs"),
                "--keyring=" + ceph.entry("keyring"),
                "--state-dir=" + folder.resolve("state"));
        var remains = new Remains(ceph, folder)) {
      var parameters =
          Map.of(
              "clusterID",
              DriverProcess.CLUSTER_ID,
              "pool",
              ceph.pool(),
              "imageFeatures",
              "layering");

      var outcome =
          sanity().run(driver.socket(), ceph.credentials(), parameters, accessType, folder);

      System.out.printf(
          "csi-sanity on the host, userspace mapper, %s: %s%n", accessType, outcome.summary());
      assertThat(outcome.exit()).as(outcome.output()).isZero();
      assertThat(outcome.summary()).contains("0 Failed");
      assertThat(remains.awaitNothing(Duration.ofSeconds(30))).isEmpty();
    }
  }

  /** With ceph-fuse where this machine's kernel has no CephFS, else by the kernel. */
  @Test
  void wholeSuite_cephFs_hasNoFailure() throws Exception {
    try (ThrowawayCeph ceph = ThrowawayCeph.start();
        DriverProcess driver =
            DriverProcess.startCephFs(
                ceph, "--controllerserver", "--nodeserver", "--keyring=" + ceph.entry("keyring"))) {
      var parameters = Map.of("clusterID", DriverProcess.CLUSTER_ID, "fsName", ceph.entry("fs"));

      var outcome = sanity().run(driver.socket(), ceph.credentials(), parameters, "mount", folder);

      System.out.printf("csi-sanity on the host, cephfs: %s%n", outcome.summary());
      assertThat(outcome.exit()).as(outcome.output()).isZero();
      assertThat(outcome.summary()).contains("0 Failed");
      assertThat(Remains.mounts(folder)).isEmpty();
      assertThat(new AdminSubvolume(ceph).names()).isEmpty();
    }
  }

  private static CsiSanity sanity() {
    String program = System.getenv("CSI_SANITY");
    assertThat(program).as("CSI_SANITY: run the tests by ./dev test, which builds it").isNotNull();
    return new CsiSanity(Path.of(program));
  }
}
