package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.DeviceUse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedVolumesTest {
  @Test
  void all_nothingStaged_isEmpty(@TempDir Path directory) throws Exception {
    try (var node = new Node(directory)) {
      assertThat(volumes(node).all()).isEmpty();
    }
  }

  @Test
  void all_oneStaged_isToldWithSizeAndUse(@TempDir Path directory) throws Exception {
    try (var node = new Node(directory)) {
      node.stage();

      assertThat(volumes(node).all())
          .singleElement()
          .satisfies(staged -> {
            assertThat(staged.volumeId()).isEqualTo(node.id);
            assertThat(staged.image()).isEqualTo("rbd/" + node.image);
            assertThat(staged.sizeBytes()).isEqualTo(1L << 30);
            assertThat(staged.use())
                .isEqualTo(
                    new DeviceUse(
                        10,
                        80 * 512,
                        Duration.ofMillis(25),
                        4,
                        16 * 512,
                        Duration.ofMillis(1500),
                        2));
          });
      node.unstage();
      assertThat(volumes(node).all()).isEmpty();
    }
  }

  @Test
  void all_deviceVanished_isLeftOut(@TempDir Path directory) throws Exception {
    try (var node = new Node(directory)) {
      node.stage();
      node.host.vanish(node.mapper.devices().getFirst().path());

      assertThat(volumes(node).all()).isEmpty();
    }
  }

  private static StagedVolumes volumes(Node node) {
    var blockDevices = new BlockDevices(node.host.sysfs());
    return new StagedVolumes(
        new Devices(List.of(node.mapper), blockDevices), node.mounts, blockDevices);
  }
}
