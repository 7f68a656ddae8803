package io.cephcsi.rbd.controller;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.ListVolumesRequest;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.care.ImagePools;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Monitors that answer something else than is asked for. */
class StrangeMonitorsTest {
  @TempDir Path directory;

  @Test
  void listOfPoolsThatIsNoJson_isUnavailable() throws IOException {
    try (var controller = new Controller(directory)) {
      var _ = controller.create("pvc-1"); // so that a user is known
      controller.cluster.onMonitorCommand(_ -> "{");
      var all = ListVolumesRequest.getDefaultInstance();
      assertThatThrownBy(() -> controller.listVolumes.answer(all))
          .isInstanceOf(CsiException.Unavailable.class)
          .hasMessageContaining("the monitor's list of pools is not JSON");
      assertThatThrownBy(() -> ImagePools.of(controller.cluster))
          .isInstanceOf(CsiException.Unavailable.class)
          .hasMessageContaining("the monitors' list of pools is not JSON");
    }
  }
}
