package io.cephcsi.e2e;

import static io.cephcsi.e2e.Orchestrator.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.GetPluginCapabilitiesRequest;
import csi.v1.GetVolumeGroupSnapshotRequest;
import csi.v1.GroupControllerGetCapabilitiesRequest;
import csi.v1.PluginCapability.Service;
import csi.v1.Snapshot;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeGroupSnapshot;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Several volumes of CephFS cut at one moment while a client writes to them all, on a real Ceph of
 * version 19 or newer; and what an older one has to say.
 */
final class CephFsGroupSnapshotIT {
  private static final int VOLUMES = 3;

  @TempDir static Path folder;
  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static CephFsRemains remains;
  private static boolean quiesces;

  private final List<VolumeLife> lives = new ArrayList<>();

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
    quiesces = new CephShell(ceph).clusterVersion() >= 19;
  }

  @AfterAll
  static void stop() throws Exception {
    remains.unmountAll();
    driver.close();
    ceph.close();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    for (VolumeLife life : lives) {
      run(life, driver, "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
    }
    assertThat(remains.all()).isEmpty();
  }

  private void mountVolumes(String name) throws Exception {
    for (int n = 0; n < VOLUMES; n++) {
      var life = VolumeLife.onCephFs(ceph, name + "-" + n, folder);
      lives.add(life);
      run(life, driver, "CreateVolume", "NodeStageVolume", "NodePublishVolume");
    }
  }

  /**
   * Writes rising numbers, to one volume after the other, so that any other moment shows. Each is
   * synced: what a client only holds in its memory is not in the snapshots.
   */
  private static final class Writer implements AutoCloseable {
    private final List<Path> files;
    private final Thread thread = Thread.ofPlatform().unstarted(this::write);
    private volatile boolean ended;
    private volatile long round;

    Writer(List<VolumeLife> lives) {
      this.files = lives.stream().map(life -> life.target().resolve("number")).toList();
      thread.start();
    }

    @SuppressWarnings("MustBeClosedChecker") // closed at the end
    private void write() {
      List<FileChannel> open = new ArrayList<>();
      try {
        for (Path file : files) {
          open.add(
              FileChannel.open(
                  file,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.DSYNC));
        }
        while (!ended) {
          long number = round + 1;
          for (FileChannel file : open) {
            file.write(ByteBuffer.allocate(Long.BYTES).putLong(number).flip(), 0);
          }
          round = number;
        }
        for (FileChannel file : open) {
          file.close();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void awaitRounds(int more) throws InterruptedException {
      long until = round + more;
      while (round < until && thread.isAlive()) {
        Thread.sleep(1);
      }
      assertThat(thread.isAlive()).isTrue();
    }

    @Override
    public void close() {
      ended = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** C40. */
  @Test
  void group_whileAllVolumesAreWritten_isOneMoment() throws Exception {
    assumeTrue(quiesces);
    assertAdvertised();
    mountVolumes("pvc");
    VolumeGroupSnapshot group;
    long last;
    try (var writer = new Writer(lives)) {
      writer.awaitRounds(50);
      long start = System.nanoTime();
      group = create("group-1");
      System.out.printf(
          "group snapshot of %d CephFS volumes in %d ms%n",
          VOLUMES, (System.nanoTime() - start) / 1_000_000);
      writer.awaitRounds(50);
      last = writer.round;
    }

    assertThat(group.getReadyToUse()).isTrue();
    assertThat(create("group-1")).isEqualTo(group);
    assertThat(get(group).getSnapshotsList())
        .containsExactlyInAnyOrderElementsOf(group.getSnapshotsList());
    List<Long> numbers = new ArrayList<>();
    for (int n = 0; n < VOLUMES; n++) {
      numbers.add(number(lives.get(n), group.getSnapshots(n), n == 0));
    }
    System.out.printf("numbers in the members: %s, in the end %d%n", numbers, last);
    for (int n = 1; n < VOLUMES; n++) {
      assertThat(numbers.get(n - 1) - numbers.get(n)).as("numbers %s", numbers).isBetween(0L, 1L);
    }
    assertThat(numbers.getFirst() - numbers.getLast()).as("%s", numbers).isBetween(0L, 1L);
    assertThat(numbers.getFirst()).isBetween(1L, last - 1);

    assertThatThrownBy(() -> driverDeletes(group.getSnapshots(0)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    delete(group);
    delete(group);
  }

  /** What a volume shows of the snapshot, or has as a copy. */
  private static long number(VolumeLife life, Snapshot snapshot, boolean copied) throws Exception {
    var source = SnapshotSource.newBuilder().setSnapshotId(snapshot.getSnapshotId());
    var content = VolumeContentSource.newBuilder().setSnapshot(source).build();
    var copy = life.copy("of-" + life.folder().getFileName(), !copied, () -> content);
    run(copy, driver, "CreateVolume", "NodeStageVolume", "NodePublishVolume");
    byte[] data = Files.readAllBytes(copy.target().resolve("number"));
    run(copy, driver, "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
    return ByteBuffer.wrap(data).getLong();
  }

  @Test
  void group_olderCeph_isRefusedByTheVersionThatCan() throws Exception {
    assumeFalse(quiesces);
    assertAdvertised();
    mountVolumes("old");
    assertThatThrownBy(() -> create("group-old"))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED))
        .hasMessageContaining("need Ceph 19 or newer");
  }

  /** The next call takes over the clients that the killed one has stopped, and lets them go on. */
  @Tag("kill")
  @Test
  void group_driverKilledAmidIt_isMadeByTheRepeatedCall() throws Exception {
    assumeTrue(quiesces);
    mountVolumes("killed");
    try (var writer = new Writer(lives)) {
      for (int millis = 0; millis <= 600; millis += 60) {
        writer.awaitRounds(10);
        killDuring("group-" + millis, millis);
        VolumeGroupSnapshot group = createAtLast("group-" + millis);
        writer.awaitRounds(10);
        assertThat(get(group).getSnapshotsCount()).isEqualTo(VOLUMES);
        delete(group);
      }
    }
  }

  private void killDuring(String name, int millis) throws Exception {
    CsiClient client = driver.client();
    Thread call =
        Thread.ofPlatform()
            .start(() -> {
              try {
                var _ = create(client, name);
              } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getCode())
                    .isIn(Status.Code.UNAVAILABLE, Status.Code.CANCELLED);
              }
            });
    Thread.sleep(millis);
    driver.kill();
    call.join();
    driver.restart();
  }

  private VolumeGroupSnapshot createAtLast(String name) throws Exception {
    var made = new VolumeGroupSnapshot[1];
    var _ =
        run(
            new VolumeLife.Step(
                "CreateVolumeGroupSnapshot",
                client -> {
                  made[0] = create(client, name);
                  return "";
                }),
            driver::client);
    return made[0];
  }

  private static void assertAdvertised() {
    assertThat(
            driver
                .client()
                .identity()
                .getPluginCapabilities(GetPluginCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList())
        .anyMatch(c -> c.getService().getType() == Service.Type.GROUP_CONTROLLER_SERVICE);
    assertThat(
            driver
                .client()
                .groupController()
                .groupControllerGetCapabilities(
                    GroupControllerGetCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesCount())
        .isEqualTo(1);
  }

  private VolumeGroupSnapshot create(String name) {
    return create(driver.client(), name);
  }

  private VolumeGroupSnapshot create(CsiClient client, String name) {
    return client
        .groupController()
        .createVolumeGroupSnapshot(
            CreateVolumeGroupSnapshotRequest.newBuilder()
                .setName(name)
                .addAllSourceVolumeIds(
                    lives.stream().map(life -> life.volume().getVolumeId()).toList())
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putParameters("fsName", ceph.entry("fs"))
                .putAllSecrets(lives.getFirst().secrets())
                .build())
        .getGroupSnapshot();
  }

  private VolumeGroupSnapshot get(VolumeGroupSnapshot group) {
    return driver
        .client()
        .groupController()
        .getVolumeGroupSnapshot(
            GetVolumeGroupSnapshotRequest.newBuilder()
                .setGroupSnapshotId(group.getGroupSnapshotId())
                .putAllSecrets(lives.getFirst().secrets())
                .build())
        .getGroupSnapshot();
  }

  private void delete(VolumeGroupSnapshot group) {
    var _ =
        driver
            .client()
            .groupController()
            .deleteVolumeGroupSnapshot(
                DeleteVolumeGroupSnapshotRequest.newBuilder()
                    .setGroupSnapshotId(group.getGroupSnapshotId())
                    .addAllSnapshotIds(
                        group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList())
                    .putAllSecrets(lives.getFirst().secrets())
                    .build());
  }

  private void driverDeletes(Snapshot member) {
    var _ =
        driver
            .client()
            .controller()
            .deleteSnapshot(
                DeleteSnapshotRequest.newBuilder()
                    .setSnapshotId(member.getSnapshotId())
                    .putAllSecrets(lives.getFirst().secrets())
                    .build());
  }
}
