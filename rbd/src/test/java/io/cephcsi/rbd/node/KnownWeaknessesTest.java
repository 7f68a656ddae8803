package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.Commands;
import io.cephcsi.csi.host.NodeUnpublishVolume;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What ceph-csi is known to do wrong on nodes, by the numbers that its users and maintainers know
 * it by. C27 is in {@link HealerTest}, W2 in {@code io.cephcsi.csi.host.ChildProcessesTest}.
 */
class KnownWeaknessesTest {
  private static final long GIB = 1L << 30;
  private static final String OTHER = "10.0.0.9:0/77";

  @TempDir Path directory;
  private Node node;

  @BeforeEach
  void start() throws Exception {
    node = new Node(directory);
    node.cluster.onMonitorCommand(_ -> "[]"); // nobody is in the blocklist
  }

  @AfterEach
  void stop() {
    node.healer.close();
    node.close();
  }

  private void otherNodeMaps() {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      pool.stored(node.image).orElseThrow().addWatcher(OTHER);
    }
  }

  private void stage(AccessMode.Mode mode) {
    var _ =
        node.stage.answer(
            NodeStageVolumeRequest.newBuilder()
                .setVolumeId(node.id)
                .setStagingTargetPath(node.staging.toString())
                .setVolumeCapability(
                    VolumeCapability.newBuilder()
                        .setMount(MountVolume.getDefaultInstance())
                        .setAccessMode(AccessMode.newBuilder().setMode(mode)))
                .putAllSecrets(Node.SECRETS)
                .build());
  }

  private void assertNothingStaged() {
    assertThat(node.mapper.devices()).isEmpty();
    assertThat(node.mounts.all()).isEmpty();
    assertThat(node.staging).isEmptyDirectory();
  }

  @Test
  void c11_twoNodesThatLookedBeforeEitherMapped_areNotBothGivenTheImage() {
    node.mapper.afterMapping = this::otherNodeMaps;

    assertThatThrownBy(node::stage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(OTHER);

    assertNothingStaged();
  }

  @Test
  void c13_deviceInAnotherMode_isNotUsedAgain() {
    stage(AccessMode.Mode.SINGLE_NODE_WRITER);
    node.mounts.unmount(node.staging.resolve(node.id));

    assertThatThrownBy(() -> stage(AccessMode.Mode.SINGLE_NODE_READER_ONLY))
        .isInstanceOf(CsiException.AlreadyExists.class);
  }

  @Test
  void c13_deviceOfASmallerSize_isGrownBeforeItIsUsedAgain() {
    node.stage();
    node.mounts.unmount(node.staging.resolve(node.id));
    try (MemoryPool pool = node.cluster.pool("rbd");
        Image image = pool.openImage(node.image)) {
      image.resize(2 * GIB);
    }

    node.stage();

    assertThat(node.mapper.devices().getFirst().sizeBytes()).isEqualTo(2 * GIB);
  }

  @Test
  void c14_pathThatIsNotMounted_keepsItsFiles() throws Exception {
    Path target = Files.createDirectory(directory.resolve("target"));
    Path file = Files.writeString(target.resolve("data"), "of a pod");

    assertThatThrownBy(() ->
            new NodeUnpublishVolume(node.mounts, node.names)
                .answer(
                    NodeUnpublishVolumeRequest.newBuilder()
                        .setVolumeId(node.id)
                        .setTargetPath(target.toString())
                        .build()))
        .isInstanceOf(RuntimeException.class);

    assertThat(file).hasContent("of a pod");
  }

  @Test
  void c15_somethingElseAtTheStagingPath_isNotTakenForTheVolume() {
    node.host.add(node.staging.resolve(node.id).toString(), "8:1", "ext4", "/dev/sda1", "rw");

    assertThatThrownBy(node::stage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("/dev/sda1");
  }

  @Test
  void c26_kernelWithoutRbd_hindersNothingButItsOwnMappings() throws Exception {
    var kernel =
        new KernelMapper(
            Files.createDirectory(directory.resolve("no-rbd")),
            (_, _, _) -> new Commands.Outcome(1, "", "modprobe: FATAL"));

    assertThat(kernel.devices()).isEmpty();
    assertThat(kernel.lost()).isEmpty();
    assertThat(kernel.trouble(1)).contains("no rbd");
  }

  @Test
  void w3_imageInUse_isRefusedWithoutWaiting() {
    otherNodeMaps();

    assertThatThrownBy(node::stage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining(OTHER);

    assertThat(node.mapper.options).isEmpty();
    assertNothingStaged();
  }

  @Test
  void w5_mappingThatTimesOut_leavesNothingAndIsDoneByTheNextCall() {
    node.mapper.whileMapping =
        () -> {
          throw new CsiException.FailedPrecondition("Connection timed out");
        };
    assertThatThrownBy(node::stage).isInstanceOf(CsiException.FailedPrecondition.class);
    assertNothingStaged();

    node.mapper.whileMapping = () -> {};
    node.stage();

    assertThat(node.mapper.devices()).hasSize(1);
  }
}
