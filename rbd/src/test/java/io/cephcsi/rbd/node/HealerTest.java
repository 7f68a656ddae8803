package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.NodeStageVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.Volumes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  /** This node was lost for a while: what waits in its memory is older than what is there now. */
  @ParameterizedTest
  @CsvSource({
    "false, true, false, image rbd/.* is in use by 10.0.0.9:0/7.*",
    "true, false, false, may still be written on node node-2",
    "false, false, true, not attached",
  })
  void revive_anotherNodeHasTheVolume_isRefused(
      boolean fence, boolean watch, boolean detached, String why) {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      String imageId = pool.imageId(node.image).orElseThrow();
      if (fence) {
        Fences.put(pool, imageId, new Fences.Fence("node-2", "10.0.0.9:0/7"));
      }
      if (watch) {
        pool.stored(node.image).orElseThrow().addWatcher("10.0.0.9:0/7");
      }
    }
    node.mapper.lose(node.id);

    assertThatThrownBy(() ->
            revival(detached ? HealerTest::detached : user(false))
                .revive(node.id, stash(node.image), lost()))
        .isInstanceOfAny(CsiException.FailedPrecondition.class, CsiException.Unavailable.class)
        .hasMessageMatching(".*" + why + ".*");
    assertThat(node.mapper.revivers).isEmpty();
  }

  /** A controller that copies the image just now, say. */
  @Test
  void revivePatiently_imageOpenElsewhereForAMoment_waits() throws Exception {
    watchElsewhere(true);
    node.mapper.lose(node.id);
    var gone =
        Thread.ofPlatform()
            .start(() -> {
              pause();
              watchElsewhere(false);
            });

    var _ = revival(user(false)).revivePatiently(node.id, stash(node.image), lost());

    gone.join();
    assertThat(node.mapper.revivers).containsExactly("csi");
  }

  private static void pause() {
    try {
      Thread.sleep(500);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watchElsewhere(boolean on) {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      var stored = pool.stored(node.image).orElseThrow();
      if (on) {
        stored.addWatcher("10.0.0.9:0/7");
      } else {
        stored.removeWatcher("10.0.0.9:0/7");
      }
    }
  }

  /** A block device that many nodes write to, who see to it themselves. */
  @Test
  void revive_ofAVolumeThatIsShared_isDoneBesideOthers() {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      pool.stored(node.image).orElseThrow().addWatcher("10.0.0.9:0/7");
    }
    node.mapper.lose(node.id);

    var _ = revival(user(true)).revive(node.id, stash(node.image), lost());

    assertThat(node.mapper.revivers).containsExactly("csi");
  }

  private static Optional<StagedUsers.Told> detached(String volumeId) {
    throw new CsiException.FailedPrecondition("volume " + volumeId + " is not attached");
  }

  private static StagedUsers user(boolean shared) {
    return new StagedUsers() {
      @Override
      public Optional<Told> find(String volumeId) {
        return Optional.of(new Told(new Credentials("csi", "c2Vj"), Map.of()));
      }

      @Override
      public boolean shared(String volumeId) {
        return shared;
      }
    };
  }

  private Revival revival(StagedUsers users) {
    return new Revival(new Volumes(node.pools, node.journal), users, node.fence);
  }

  private Devices.Held lost() {
    return new Devices(List.of(node.mapper), new BlockDevices(node.host.sysfs())).lost().getFirst();
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
    Devices.Held lost = lost();
    var refused =
        assertThatThrownBy(() -> revival(users).revive(node.id, stash, lost))
            .isInstanceOf(CsiException.FailedPrecondition.class)
            .hasMessageContaining(lost.device().path().toString());
    assertThat(node.mapper.revivers).isEmpty();
    assertThat(lost()).isEqualTo(lost);
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
