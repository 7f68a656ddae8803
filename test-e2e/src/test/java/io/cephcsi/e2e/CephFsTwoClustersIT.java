package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import csi.v1.NodeGetVolumeStatsRequest;
import csi.v1.Volume;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import io.cephcsi.ceph.Processes;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node with volumes of two clusters, by ceph-fuse: what hangs of one is of no account to the
 * volumes of the other.
 */
@Tag("cephfs")
class CephFsTwoClustersIT {
  private static final String OTHER = "other";

  /** More than a cluster's calls have threads. */
  private static final int CALLERS = 40;

  private static final List<String> BEGUN =
      List.of("NodeStageVolume", "NodePublishVolume", "write 32 MiB", "read back");
  private static final List<String> ENDED = List.of("NodeUnpublishVolume", "NodeUnstageVolume");

  @Test
  void metadataServerOfOneHangs_volumesOfTheOtherNoticeNothing(@TempDir Path folder)
      throws Exception {
    try (ThrowawayCeph silent = ThrowawayCeph.start();
        ThrowawayCeph sound = ThrowawayCeph.start();
        DriverProcess driver = DriverProcess.startCephFs(silent, "--nodeserver");
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      configure(driver, Map.of(DriverProcess.CLUSTER_ID, silent, OTHER, sound));
      VolumeLife hanging = volume(silent, "pvc-hangs", DriverProcess.CLUSTER_ID, folder);
      VolumeLife neighbour = volume(sound, "pvc-neighbour", OTHER, folder);
      run(hanging, driver, BEGUN);
      run(neighbour, driver, BEGUN);
      long server = Long.parseLong(silent.entry("mds_pid"));

      Processes.stop(server);
      try {
        List<CompletableFuture<Boolean>> calls = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
          calls.add(CompletableFuture.supplyAsync(() -> isAnswered(hanging, driver), callers));
        }
        assertThat(neighbour.healthOnNode(driver.client())).isEmpty();
        run(neighbour, driver, ENDED);
        run(neighbour, driver, BEGUN);
        run(neighbour, driver, List.of("NodeGetVolumeStats"));
        for (CompletableFuture<Boolean> call : calls) {
          assertThat(call.get(1, TimeUnit.MINUTES)).as("answered by nobody").isFalse();
        }
        assertThat(hanging.healthOnNode(driver.client()))
            .extracting(VolumeHealthEntry::getReason)
            .containsExactly("NotAnswering");
        assertThat(neighbour.healthOnNode(driver.client())).isEmpty();
      } finally {
        Processes.resume(server);
      }
      run(neighbour, driver, ENDED);
      run(hanging, driver, List.of("read back"));
      run(hanging, driver, ENDED);
      assertThat(Remains.mounts(folder)).isEmpty();
    }
  }

  private static void configure(DriverProcess driver, Map<String, ThrowawayCeph> clusters)
      throws Exception {
    List<Map<String, Object>> config = new ArrayList<>();
    for (var cluster : clusters.entrySet()) {
      config.add(
          Map.of(
              "clusterID",
              cluster.getKey(),
              "monitors",
              List.of(cluster.getValue().monitors().split(",", -1))));
    }
    Path file = driver.socket().resolveSibling("config.json");
    assertThat(file).exists();
    Files.write(file, new JsonMapper().writeValueAsBytes(config));
  }

  private static VolumeLife volume(ThrowawayCeph ceph, String name, String clusterId, Path folder)
      throws Exception {
    VolumeLife life = VolumeLife.onCephFs(ceph, name, folder);
    Volume made = new AdminSubvolume(ceph).make(name, life.parameters());
    String uuid = made.getVolumeId().substring(made.getVolumeId().length() - 36);
    life.takeOver(
        made.toBuilder()
            .setVolumeId("0001-%04x-%s-%016x-%s".formatted(clusterId.length(), clusterId, 1, uuid))
            .putVolumeContext("clusterID", clusterId)
            .build());
    return life;
  }

  private static void run(VolumeLife life, DriverProcess driver, List<String> steps)
      throws Exception {
    for (String step : steps) {
      var _ = life.run(step, driver.client());
    }
  }

  private static boolean isAnswered(VolumeLife life, DriverProcess driver) {
    try {
      var _ =
          driver
              .client()
              .node()
              .nodeGetVolumeStats(
                  NodeGetVolumeStatsRequest.newBuilder()
                      .setVolumeId(life.volume().getVolumeId())
                      .setVolumePath(life.target().toString())
                      .build());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }
}
