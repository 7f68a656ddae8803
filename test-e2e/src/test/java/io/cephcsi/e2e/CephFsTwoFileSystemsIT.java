package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CreateVolumeRequest;
import csi.v1.ListVolumesRequest;
import csi.v1.ListVolumesResponse.Entry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster with two filesystems, each with a metadata server, pools and a journal of its own, and
 * one driver for both, by ceph-fuse.
 */
@Tag("cephfs")
class CephFsTwoFileSystemsIT {
  private static final String SECOND = "second";
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static ThrowawayCeph ceph;
  private static CephShell shell;
  private static DriverProcess driver;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed behind all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    shell = CephShell.ofClustersVersion(ceph);
    shell.run(
        """
        ceph osd pool create second_metadata 8
        ceph osd pool create second_data 8
        ceph fs new second second_metadata second_data
        """);
    ceph.startAgain("mds.b");
    awaitActive();
    driver = DriverProcess.startCephFs(ceph, "--controllerserver", "--nodeserver");
  }

  private static void awaitActive() throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!shell.run("ceph fs status second | grep active || true").contains("active")) {
      assertThat(System.nanoTime()).as("the second filesystem is served").isLessThan(end);
      Thread.sleep(200);
    }
  }

  @AfterAll
  static void stop() {
    driver.close();
    ceph.close();
  }

  @Test
  void volumesOfBoth_areApartAndNoneIsLeft(@TempDir Path folder) throws Exception {
    VolumeLife first = VolumeLife.onCephFs(ceph, "pvc-first", folder);
    VolumeLife second = VolumeLife.onFileSystem(SECOND, ceph.credentials(), "pvc-second", folder);
    for (VolumeLife life : List.of(first, second)) {
      run(life, "CreateVolume", "NodeStageVolume", "NodePublishVolume", "write 32 MiB");
    }

    assertThat(subvolumes("cephfs")).containsExactly(name(first));
    assertThat(subvolumes(SECOND)).containsExactly(name(second));
    assertThat(names("cephfs_metadata")).containsExactly("csi.volume.pvc-first");
    assertThat(names("second_metadata")).containsExactly("csi.volume.pvc-second");
    assertThat(
            driver
                .client()
                .controller()
                .listVolumes(ListVolumesRequest.getDefaultInstance())
                .getEntriesList())
        .extracting(Entry::getVolume)
        .extracting(volume -> volume.getVolumeId())
        .containsExactlyInAnyOrder(first.volume().getVolumeId(), second.volume().getVolumeId());

    for (VolumeLife life : List.of(first, second)) {
      run(life, "read back", "ControllerExpandVolume", "NodeGetVolumeStats");
      run(life, "NodeUnpublishVolume", "NodeUnstageVolume");
      run(life, "NodeStageVolume", "NodePublishVolume", "read again");
      run(life, "NodeUnpublishVolume", "NodeUnstageVolume");
      run(life, "DeleteVolume");
    }
    for (String fs : List.of("cephfs", SECOND)) {
      assertThat(subvolumes(fs)).isEmpty();
      assertThat(names(fs + "_metadata")).isEmpty();
    }
    assertThat(Remains.mounts(folder)).isEmpty();
  }

  @Test
  void poolOfTheOther_isRefusedAndNothingIsLeft(@TempDir Path folder) throws Exception {
    VolumeLife life = VolumeLife.onFileSystem(SECOND, ceph.credentials(), "pvc-wrong", folder);
    var request =
        CreateVolumeRequest.newBuilder()
            .setName("pvc-wrong")
            .addVolumeCapabilities(life.capability())
            .putAllParameters(life.parameters())
            .putParameters("pool", "cephfs_data")
            .putAllSecrets(life.secrets())
            .build();

    assertThatThrownBy(() -> driver.client().controller().createVolume(request))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("cephfs_data");

    assertThat(subvolumes(SECOND)).isEmpty();
    assertThat(names("second_metadata")).isEmpty();
  }

  private static void run(VolumeLife life, String... steps) throws Exception {
    life.tell("node", driver.client(), steps);
  }

  private static String name(VolumeLife life) {
    return life.volume().getVolumeContextOrDefault("subvolumeName", "");
  }

  private static List<String> subvolumes(String fs) throws Exception {
    return shell.lines(
        """
        ceph fs subvolume ls %s --group_name csi 2> /dev/null | grep -o '"name": "[^"]*"' | cut -d'"' -f4 || true
        """
            .formatted(fs));
  }

  private static List<String> names(String pool) throws Exception {
    return shell.lines(
        "rados -p %s -N csi listomapkeys csi.volumes.default 2> /dev/null || true".formatted(pool));
  }
}
