package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.NodeStageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.rbd.Volumes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ceph-csi calls C27: processes end with the driver's container, and nobody stages again. */
class HealerTest {
  private static final Duration PAUSE = Duration.ofMillis(20);

  @TempDir Path directory;
  private Node node;

  @BeforeEach
  void start() throws Exception {
    node = new Node(directory);
    node.mapper.nbd = true;
    var _ =
        node.stage.answer(
            NodeStageVolumeRequest.newBuilder()
                .setVolumeId(node.id)
                .setStagingTargetPath(node.staging.toString())
                .setVolumeCapability(
                    VolumeCapability.newBuilder()
                        .setMount(MountVolume.getDefaultInstance())
                        .setAccessMode(
                            AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
                .putAllSecrets(Node.SECRETS)
                .build());
  }

  @AfterEach
  void stop() {
    node.healer.close();
    node.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void lostProcess_ofAStagedVolume_getsAnother(boolean cookie) throws Exception {
    node.mapper.lose(cookie ? node.id : "");

    node.healer.start(PAUSE);

    await(() -> node.mapper.lost().isEmpty());
    assertThat(node.mapper.revivers).containsExactly("csi");
  }

  @Test
  void processThatEndsLater_isFoundToo() throws Exception {
    node.healer.start(PAUSE);
    Thread.sleep(3 * PAUSE.toMillis());

    node.mapper.lose(node.id);

    await(() -> node.mapper.lost().isEmpty());
  }

  @Test
  void clusterThatDoesNotAnswer_isAskedAgain() throws Exception {
    node.mapper.reviving = "no monitor answers";
    node.mapper.lose(node.id);
    node.healer.start(PAUSE);
    Thread.sleep(5 * PAUSE.toMillis());
    assertThat(node.mapper.lost()).hasSize(1);

    node.mapper.reviving = "";

    await(() -> node.mapper.lost().isEmpty());
  }

  @Test
  void volumeThatACallHolds_isLeftToIt() throws Exception {
    node.mapper.lose(node.id);
    try (var _ = node.names.hold(node.id)) {
      node.healer.start(PAUSE);
      Thread.sleep(5 * PAUSE.toMillis());
      assertThat(node.mapper.revivers).isEmpty();
    }

    await(() -> node.mapper.lost().isEmpty());
  }

  @Test
  void deviceThatNobodyMounted_isLeftAlone() throws Exception {
    node.mapper.lose(node.id);
    node.mounts.unmount(node.staging.resolve(node.id));

    node.healer.start(PAUSE);
    Thread.sleep(5 * PAUSE.toMillis());

    assertThat(node.mapper.revivers).isEmpty();
  }

  @Test
  void revive_nobodyTellsAUser_isRefusedAndSaysWhoMay() {
    node.mapper.lose(node.id);

    assertRefused(stash(node.image), _ -> Optional.empty())
        .hasMessageContaining("of volume " + node.id + " has ended")
        .hasMessageContaining("no Ceph user is known")
        .hasMessageContaining("put a user into the keyring file");
  }

  /** The device may have data of the one, which must not be written to the other. */
  @Test
  void revive_stagedAsAnotherImage_isRefused() {
    node.mapper.lose(node.id);

    assertRefused(stash("csi-vol-other"), StagedUsers.known(node.users))
        .hasMessageContaining("was staged as image rbd/csi-vol-other")
        .hasMessageContaining("the volume is image rbd/" + node.image)
        .hasMessageContaining("unmap it by hand");
  }

  /** What is mounted stays so, with its device, for whoever can go on. */
  private AbstractThrowableAssert<?, ?> assertRefused(Stash stash, StagedUsers users) {
    var devices = new Devices(List.of(node.mapper), new BlockDevices(node.host.sysfs()));
    var revival = new Revival(new Volumes(node.pools, node.journal), users, node.fence);
    Devices.Held lost = devices.lost().getFirst();
    var refused =
        assertThatThrownBy(() -> revival.revive(node.id, stash, lost))
            .isInstanceOf(CsiException.FailedPrecondition.class)
            .hasMessageContaining(lost.device().path().toString());
    assertThat(node.mapper.revivers).isEmpty();
    assertThat(devices.lost()).containsExactly(lost);
    assertThat(node.mounts.at(node.staging.resolve(node.id))).isPresent();
    return refused;
  }

  private static Stash stash(String image) {
    return Stash.ofNbd(new ImageSpec("rbd", "", image), "", "/log", NbdLog.REMOVE);
  }

  private static void await(BooleanSupplier wanted) throws InterruptedException {
    for (int i = 0; i < 500 && !wanted.getAsBoolean(); i++) {
      Thread.sleep(10);
    }
    assertThat(wanted.getAsBoolean()).isTrue();
  }
}
