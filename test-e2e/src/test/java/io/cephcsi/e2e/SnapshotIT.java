package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CapacityRange;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.Snapshot;
import csi.v1.Volume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeContentSource.VolumeSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a snapshot keeps and a copy has, by files in mounted volumes on a real Ceph. */
final class SnapshotIT {
  @Test
  void snapshotAndCopies_haveTheFilesOfTheirMoment(@TempDir Path folder) throws Exception {
    try (ThrowawayCeph ceph = ThrowawayCeph.start("--no-cephfs");
        DriverProcess driver =
            DriverProcess.start(
                ceph,
                "--controllerserver",
                "--nodeserver",
                "--default-mounter=userspace",
                "--keyring=" + ceph.entry("keyring"),
                "--state-dir=" + folder.resolve("state"));
        var remains = new Remains(ceph, folder)) {
      CsiClient client = driver.client();
      var secrets =
          Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
      var life = new VolumeLife("pvc-source", ceph.pool(), ceph.credentials(), folder);
      for (String step :
          new String[] {"CreateVolume", "NodeStageVolume", "NodePublishVolume", "write 32 MiB"}) {
        life.run(step, client);
      }
      String source = life.volume().getVolumeId();
      Path data = life.folder().resolve("pod/mount/data");

      Snapshot snapshot = snapshot(client, source, secrets);
      Files.move(data, data.resolveSibling("later"), StandardCopyOption.ATOMIC_MOVE);
      var restored = life(ceph, folder, "pvc-restored");
      restored.takeOver(
          copy(
              client,
              life,
              "pvc-restored",
              VolumeContentSource.newBuilder()
                  .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(snapshot.getSnapshotId()))
                  .build(),
              secrets));
      readAsWritten(restored, client);

      Files.move(data.resolveSibling("later"), data, StandardCopyOption.ATOMIC_MOVE);
      life.run("NodeUnpublishVolume", client);
      life.run("NodeUnstageVolume", client);
      var copied = life(ceph, folder, "pvc-copied");
      copied.takeOver(
          copy(
              client,
              life,
              "pvc-copied",
              VolumeContentSource.newBuilder()
                  .setVolume(VolumeSource.newBuilder().setVolumeId(source))
                  .build(),
              secrets));
      life.run("DeleteVolume", client);
      var _ =
          client
              .controller()
              .deleteSnapshot(
                  DeleteSnapshotRequest.newBuilder()
                      .setSnapshotId(snapshot.getSnapshotId())
                      .putAllSecrets(secrets)
                      .build());
      readAsWritten(copied, client);

      for (var each : new VolumeLife[] {restored, copied}) {
        var _ =
            client
                .controller()
                .deleteVolume(
                    DeleteVolumeRequest.newBuilder()
                        .setVolumeId(each.volume().getVolumeId())
                        .putAllSecrets(secrets)
                        .build());
      }
      assertThat(remains.awaitNothing(Duration.ofSeconds(60))).isEmpty();
    }
  }

  /** The same seed of data for all, so that what is read can be compared. */
  private static VolumeLife life(ThrowawayCeph ceph, Path folder, String name) throws Exception {
    return new VolumeLife(
        "pvc-source", ceph.pool(), ceph.credentials(), Files.createDirectory(folder.resolve(name)));
  }

  /** What is written is read, by a filesystem that has grown to the size of the volume. */
  private static void readAsWritten(VolumeLife life, CsiClient client) throws Exception {
    for (String step : new String[] {"NodeStageVolume", "NodePublishVolume", "read back"}) {
      life.run(step, client);
    }
    assertThat(Files.getFileStore(life.folder().resolve("pod/mount")).getTotalSpace())
        .isGreaterThan(life.volume().getCapacityBytes() * 9 / 10);
    life.run("NodeUnpublishVolume", client);
    life.run("NodeUnstageVolume", client);
  }

  private static Snapshot snapshot(CsiClient client, String source, Map<String, String> secrets) {
    return client
        .controller()
        .createSnapshot(
            CreateSnapshotRequest.newBuilder()
                .setName("snapshot-1")
                .setSourceVolumeId(source)
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putAllSecrets(secrets)
                .build())
        .getSnapshot();
  }

  /** Of twice the size. */
  private static Volume copy(
      CsiClient client,
      VolumeLife of,
      String name,
      VolumeContentSource source,
      Map<String, String> secrets) {
    return client
        .controller()
        .createVolume(
            CreateVolumeRequest.newBuilder()
                .setName(name)
                .addVolumeCapabilities(of.capability())
                .setVolumeContentSource(source)
                .setCapacityRange(
                    CapacityRange.newBuilder().setRequiredBytes(2 * of.volume().getCapacityBytes()))
                .putAllParameters(of.parameters())
                .putAllSecrets(secrets)
                .build())
        .getVolume();
  }
}
