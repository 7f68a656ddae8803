package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.MemoryOperations.Crash;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.host.CommandFailed;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.Fences.Fence;
import java.nio.file.Path;
import java.util.List;
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
