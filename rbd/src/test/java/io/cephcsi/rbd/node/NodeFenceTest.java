package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.MemoryOperations.Crash;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.KnownUsers;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.BlockDevices;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.Fences.Fence;
import io.cephcsi.rbd.Volumes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What staging leaves behind so that this node can be fenced. */
class NodeFenceTest {
  private static final Fence OURS = new Fence("node-1", MemoryMapper.ADDRESS);

  @TempDir Path directory;
  private Node node;

  @BeforeEach
  void start() throws Exception {
    node = new Node(directory);
    blocklist("10.0.0.8:0/8");
  }

  @AfterEach
  void stop() {
    node.close();
    node.clusters.checkNothingOpen();
  }

  private void blocklist(String client) {
    node.cluster.onMonitorCommand(_ -> "[{\"addr\":\"%s\"}]".formatted(client));
  }

  @Test
  void stage_keepsTheClientWithTheImage_andUnstageForgetsIt() {
    node.stage();
    assertThat(fences()).containsExactly(OURS);
    assertThat(node.mapper.options).containsExactly("noshare");
    node.stage();
    assertThat(fences()).containsExactly(OURS);

    node.unstage();

    assertThat(fences()).isEmpty();
  }

  @Test
  void stage_mountFails_forgetsTheClient() {
    node.host.fail("mount -t");

    assertThatThrownBy(node::stage).isInstanceOf(CommandFailed.class);

    assertThat(fences()).isEmpty();
    assertThat(node.mapper.devices()).isEmpty();
  }

  @Test
  void stage_clientIsKnownBeforeAnythingIsWritten() {
    node.host.fail("blkid");

    node.cluster.operations().crashAfter(1);
    assertThatThrownBy(node::stage).isInstanceOf(Crash.class);

    assertThat(node.cluster.operations().restart()).isTrue();
    assertThat(fences()).containsExactly(OURS);
    assertThat(node.host.commands).isEmpty();
  }

  @Test
  void stage_crashAtAnyWrite_isFinishedByTheNextCall() {
    node.cluster.operations().crashBefore(1);
    assertThatThrownBy(node::stage).isInstanceOf(Crash.class);
    assertThat(node.cluster.operations().restart()).isTrue();
    assertThat(fences()).isEmpty();

    node.stage();

    assertThat(fences()).containsExactly(OURS);
    assertThat(node.mapper.devices()).hasSize(1);
  }

  @Test
  void unstage_crashAtAnyWrite_isFinishedByTheNextCall() {
    node.stage();
    node.cluster.operations().crashBefore(1);
    assertThatThrownBy(node::unstage).isInstanceOf(Crash.class);
    assertThat(node.cluster.operations().restart()).isTrue();

    node.unstage();

    assertThat(fences()).isEmpty();
    assertThat(node.staging).isEmptyDirectory();
  }

  /** Else the controller would fence a client that is gone, with each volume that is drained. */
  @Test
  void forget_driverWasRestarted_asksForTheUser() {
    node.stage();

    restarted(_ -> Optional.empty()).forget(node.id);
    assertThat(fences()).containsExactly(OURS);

    var user = new StagedUsers.Told(new Credentials("csi", "c2Vj"), Map.of());
    restarted(id -> Optional.of(user).filter(_ -> id.equals(node.id))).forget(node.id);
    assertThat(fences()).isEmpty();
  }

  /** Of a driver that no call has told a user yet. */
  private NodeFence restarted(StagedUsers kubernetes) {
    return new NodeFence(
        true,
        "node-1",
        new Devices(List.of(node.mapper), new BlockDevices(node.host.sysfs())),
        new Volumes(node.pools, node.journal),
        new KnownUsers(directory.resolve("no-keyring")),
        kubernetes);
  }

  @Test
  void unstage_clusterDoesNotAnswer_isDoneNevertheless() {
    node.stage();
    node.clusters.forget("mon");

    node.unstage();

    assertThat(node.mapper.devices()).isEmpty();
    assertThat(node.staging).isEmptyDirectory();
  }

  @Test
  void stage_watchedByAFencedClientAlone_isNotInUse() {
    watch("10.0.0.8:0/8");

    node.stage();

    assertThat(fences()).containsExactly(OURS);
  }

  @Test
  void stage_watchedByAnotherClientToo_isInUse() {
    watch("10.0.0.8:0/8");
    watch("10.0.0.9:0/9");

    assertThatThrownBy(node::stage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("10.0.0.9:0/9");
  }

  /** It was stopped, so that its watch has ended; and it may go on. */
  @Test
  void stage_anotherNodeIsNotFencedYet_isRefusedNamingIt() {
    fence("node-2", "10.0.0.9:0/9");

    assertThatThrownBy(node::stage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("node-2")
        .hasMessageContaining("10.0.0.9:0/9")
        .hasMessageContaining("rbd image-meta remove rbd/" + node.image + " cephcsi.fence/node-2");

    assertThat(node.mapper.options).isEmpty();
    unfence("node-2");
    node.stage();
    assertThat(fences()).containsExactly(OURS);
  }

  @Test
  void stage_anotherNodeStagesAtTheSameTimeAndStops_isRefused() {
    node.mapper.afterMapping = () -> fence("node-2", "10.0.0.9:0/9");

    assertThatThrownBy(node::stage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("node-2");

    assertThat(node.mapper.devices()).isEmpty();
    assertThat(fences()).containsExactly(new Fence("node-2", "10.0.0.9:0/9"));
  }

  @Test
  void stage_volumeForManyNodes_isNotRefused() {
    fence("node-2", "10.0.0.9:0/9");

    node.stage(manyWriters());

    assertThat(fences()).containsExactlyInAnyOrder(OURS, new Fence("node-2", "10.0.0.9:0/9"));
  }

  private static VolumeCapability manyWriters() {
    return VolumeCapability.newBuilder()
        .setBlock(BlockVolume.getDefaultInstance())
        .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.MULTI_NODE_MULTI_WRITER))
        .build();
  }

  /** As with rbd-nbd and the userspace mapper. */
  @Test
  void stage_systemTellsNoClient_isTheOneThatHasCome() {
    node.mapper.tellsClients = false;
    watch("10.0.0.9:0/9");
    note("10.0.0.7:0/7");
    node.mapper.whileMapping = () -> watch("10.0.0.7:0/7"); // begins to flatten

    node.stage(manyWriters());

    assertThat(fences()).containsExactly(OURS);
  }

  @Test
  void stage_whichClientIsOursCannotBeTold_isAbortedAndLeavesNothing() {
    node.mapper.tellsClients = false;
    node.mapper.whileMapping = () -> watch("10.0.0.9:0/9");

    assertThatThrownBy(() -> node.stage(manyWriters()))
        .isInstanceOf(CsiException.Aborted.class)
        .hasMessageContaining("10.0.0.9:0/9")
        .hasMessageContaining("ask again");

    assertThat(fences()).isEmpty();
    assertThat(node.mapper.devices()).isEmpty();
  }

  /** The kernel's watch for the process that has ended lasts half a minute. */
  @Test
  void heal_newProcess_isTheClientFromNowOn() throws Exception {
    node.mapper.nbd = true;
    node.mapper.tellsClients = false;
    node.stage();
    assertThat(fences()).containsExactly(OURS);
    node.mapper.lose(node.id);
    node.mapper.address = "10.0.0.1:0/72";

    node.healer.start(Duration.ofMillis(20));

    for (int i = 0; i < 500 && fences().contains(OURS); i++) {
      Thread.sleep(10);
    }
    node.healer.close();
    assertThat(fences()).containsExactly(new Fence("node-1", "10.0.0.1:0/72"));
  }

  @Test
  void stage_ownClientWasFenced_isRefusedUntilUnstaged() {
    node.stage();
    blocklist(MemoryMapper.ADDRESS);

    assertThatThrownBy(node::stage)
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("unstage it here first");

    node.unstage();
    blocklist("10.0.0.8:0/8");
    node.stage();
    assertThat(fences()).containsExactly(OURS);
  }

  private void fence(String nodeId, String client) {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      Fences.put(pool, pool.imageId(node.image).orElseThrow(), new Fence(nodeId, client));
    }
  }

  private void unfence(String nodeId) {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      Fences.remove(pool, pool.imageId(node.image).orElseThrow(), nodeId);
    }
  }

  /** That this client flattens the image. */
  private void note(String client) {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      String imageId = pool.imageId(node.image).orElseThrow();
      pool.changeImageMetadata(
          imageId, Set.of(), Map.of("cephcsi.flattening", imageId + " " + client));
    }
  }

  private void watch(String address) {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      pool.stored(node.image).orElseThrow().addWatcher(address);
    }
  }

  private List<Fence> fences() {
    try (MemoryPool pool = node.cluster.pool("rbd")) {
      return Fences.of(pool, pool.imageId(node.image).orElseThrow());
    }
  }
}
