package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.ListSnapshotsRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * More snapshots of a volume than an image may have that a kernel is to map, which is 510: those
 * that are flattened meanwhile do not count.
 */
class ManySnapshotsIT {
  private static final int MANY = 520;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @EnabledIfEnvironmentVariable(
      named = "SLOW",
      matches = "1",
      disabledReason = "it takes minutes: SLOW=1 ./dev e2e -Dit.test=ManySnapshotsIT")
  @Test
  void snapshots_moreThanAnImageMayHave_areAllThere(@TempDir Path folder) throws Exception {
    try (ThrowawayCeph ceph = ThrowawayCeph.start("--no-cephfs");
        DriverProcess driver =
            DriverProcess.start(ceph, "--controllerserver", "--keyring=" + ceph.entry("keyring"));
        var remains = new Remains(ceph, folder)) {
      var life = new VolumeLife("pvc-many", ceph.pool(), ceph.credentials(), folder);
      Orchestrator.run(life, driver, "CreateVolume");
      List<SnapshotLife> snapshots = new ArrayList<>();
      for (int n = 0; n < MANY; n++) {
        var snapshot = new SnapshotLife(life, "snapshot-" + n);
        var _ = Orchestrator.run(snapshot.cut(), driver::client);
        snapshots.add(snapshot);
      }
      int there =
          driver
              .client()
              .controller()
              .listSnapshots(
                  ListSnapshotsRequest.newBuilder()
                      .setSourceVolumeId(life.volume().getVolumeId())
                      .putAllSecrets(life.secrets())
                      .build())
              .getEntriesCount();
      assertThat(there).isEqualTo(MANY);
      String image = "csi-vol-" + LaidDown.uuid(life.volume().getVolumeId());
      int onImage =
          Integer.parseInt(
              new CephShell(ceph)
                  .run(
                      "rbd snap ls --all $P/%s --format json | grep -o '\"id\"' | wc -l"
                          .formatted(image)));
      System.out.printf("%d snapshots, of which the image has %d%n", there, onImage);
      assertThat(onImage).isLessThan(510);
      for (SnapshotLife snapshot : snapshots) {
        var _ = Orchestrator.run(snapshot.delete(), driver::client);
      }
      Orchestrator.run(life, driver, "DeleteVolume");
      assertThat(remains.awaitNothing(PATIENCE)).isEmpty();
    }
  }
}
