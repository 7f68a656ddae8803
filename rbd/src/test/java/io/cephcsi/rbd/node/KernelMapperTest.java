package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.csi.host.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How sysfs is read; what the kernel does is seen in the guest. */
class KernelMapperTest {
  private static final ImageSpec IMAGE = new ImageSpec("rbd", "ns", "csi-vol-1");

  @TempDir Path sysfs;
  private KernelMapper mapper = new KernelMapper(Path.of("/nowhere"), KernelMapperTest::nothing);

  @BeforeEach
  void start() {
    mapper = new KernelMapper(sysfs, KernelMapperTest::nothing);
  }

  private static Commands.Outcome nothing(List<String> command, byte[] input, Duration deadline) {
    return new Commands.Outcome(1, "", "");
  }

  @Test
  void trouble_noRbdInTheKernel_saysSo() {
    assertThat(mapper.trouble()).contains("no rbd");
    assertThat(mapper.devices()).isEmpty();
  }

  @Test
  void devices_mappedImages_areListedWithoutSnapshots() throws Exception {
    device("0", "-", "0");
    device("1", "snap", "1");

    assertThat(mapper.trouble()).isEmpty();
    assertThat(mapper.devices())
        .containsExactly(
            new MappedDevice("fsid", IMAGE, "10ab", Path.of("/dev/rbd0"), false, 1 << 30));
  }

  @Test
  void unmap_device_writesItsNumber() throws Exception {
    device("7", "-", "0");
    Path remove = Files.writeString(sysfs.resolve("bus/rbd/remove_single_major"), "");

    mapper.unmap(mapper.devices().getFirst(), "");
    assertThat(remove).hasContent("7");

    mapper.unmap(new MappedDevice("fsid", IMAGE, "10ab", Path.of("/dev/rbd7"), false, 1), "force");
    assertThat(remove).hasContent("7 force");
  }

  private void device(String id, String snapshot, String readOnly) throws IOException {
    Path entry = Files.createDirectories(sysfs.resolve("bus/rbd/devices").resolve(id));
    Map<String, String> attributes =
        Map.of(
            "pool", "rbd",
            "pool_ns", "ns",
            "name", "csi-vol-1",
            "image_id", "10ab",
            "cluster_fsid", "fsid",
            "current_snap", snapshot);
    for (var attribute : attributes.entrySet()) {
      Files.writeString(entry.resolve(attribute.getKey()), attribute.getValue() + "\n");
    }
    Path block = Files.createDirectories(sysfs.resolve("class/block/rbd" + id));
    Files.writeString(block.resolve("size"), (1 << 30) / 512 + "\n");
    Files.writeString(block.resolve("ro"), readOnly + "\n");
  }
}
