package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.cluster.ClusterConfigs;
import io.cephcsi.csi.CallSettings;
import io.cephcsi.csi.Calls;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadinessTest {
  @TempDir Path folder;

  @Test
  void ready_configMissingOrBroken_isFalseUntilItIsMended() throws Exception {
    Path config = folder.resolve("config.json");
    try (var calls = new Calls(CallSettings.DEFAULT)) {
      var readiness = new Readiness(calls, new ClusterConfigs(config));
      assertThat(readiness.ready()).isFalse();

      Files.writeString(config, "[{");
      assertThat(readiness.ready()).isFalse();

      Files.writeString(config, "[]");
      assertThat(readiness.ready()).isTrue();
    }
  }

  @Test
  void ready_stopping_isFalse() throws Exception {
    Path config = Files.writeString(folder.resolve("config.json"), "[]");
    try (var calls = new Calls(CallSettings.DEFAULT)) {
      var readiness = new Readiness(calls, new ClusterConfigs(config));

      calls.drain(Duration.ZERO);

      assertThat(readiness.ready()).isFalse();
    }
  }
}
