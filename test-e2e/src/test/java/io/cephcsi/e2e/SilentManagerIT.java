package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.Processes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RBD needs no manager: every call ends as usual while that hangs, and so does every purge. */
class SilentManagerIT {
  /** A driver that waited for the manager would wait longer for it in one call alone. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void everyCall_managerThatHangs_endsAsUsual(@TempDir Path folder) throws Exception {
    try (ThrowawayCeph ceph = ThrowawayCeph.start("--no-cephfs");
        DriverProcess driver =
            DriverProcess.start(ceph, "--controllerserver", "--keyring=" + ceph.entry("keyring"));
        var remains = new Remains(ceph, folder);
        Clusters clusters = new ConnectionPool(ConnectionSettings.DEFAULT);
        Cluster cluster = clusters.lend(ceph.monitors(), ceph.credentials());
        Pool pool = cluster.openPool(ceph.pool(), "")) {
      var secrets =
          Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
      ProcessHandle manager = ceph.process("mgr");
      Processes.stop(manager.pid());
      try {
        for (VolumeLife.Step step : new CopyLife("silent", pool, secrets).steps()) {
          assertThat(Orchestrator.run(step, driver::client)).as(step.name()).isNotNull();
        }
        assertThat(remains.awaitNothing(PATIENCE)).isEmpty();
      } finally {
        Processes.resume(manager.pid());
      }
    }
  }
}
