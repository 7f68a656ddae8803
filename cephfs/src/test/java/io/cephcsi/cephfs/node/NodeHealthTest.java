package io.cephcsi.cephfs.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import csi.v1.VolumeHealthErrorType;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What NodeGetVolumeHealth tells of what can be wrong with a mount. */
class NodeHealthTest {
  @TempDir Path directory;
  private MemoryNode host;
  private Node node;

  @BeforeEach
  void start() throws Exception {
    host = new MemoryNode(directory);
    node = new Node(directory, host, Node.SETTINGS);
    node.cluster.onMonitorCommand(command ->
        command.contains("health")
            ? "{\"checks\":{\"MDS_SLOW\":{\"severity\":\"HEALTH_WARN\",\"summary\":{\"message\":\"1 MDSs are slow\"}}}}"
            : "[]");
  }

  @AfterEach
  void stop() {
    node.close();
    node.clusters.checkNothingOpen();
  }

  private List<VolumeHealthEntry> problems() {
    return node.health
        .answer(
            NodeGetVolumeHealthRequest.newBuilder()
                .setVolumeId(Node.ID)
                .setStagingTargetPath(node.staging.toString())
                .build())
        .getVolumeHealth()
        .getHealthStatusesList();
  }

  @Test
  void mountThatAnswers_isHealthy() {
    node.stage(_ -> {});

    assertThat(problems()).isEmpty();
  }

  @Test
  void metadataServerSilent_isToldWithWhatTheMonitorsSay() {
    node.stage(_ -> {});
    host.hang("getfattr");

    VolumeHealthEntry first = only();
    VolumeHealthEntry second = only();

    assertThat(first.getStatus()).isEqualTo(VolumeHealthErrorType.INACCESSIBLE);
    assertThat(first.getReason()).isEqualTo("NotAnswering");
    assertThat(first.getMessage())
        .contains("is not answering since")
        .contains("1 MDSs are slow")
        .contains("ceph fs status");
    assertThat(second).isEqualTo(first);
  }

  @Test
  void clientOfFuseGone_isTold() {
    node.stage(r -> r.putVolumeContext("mounter", "fuse"));
    host.die(node.staging);

    assertThat(only().getReason()).isEqualTo("ClientGone");
    assertThat(only().getMessage()).contains("delete its pods");
  }

  @Test
  void clientOfTheKernelEvicted_isTold() {
    node.stage(_ -> {});
    host.fail("getfattr", "Permission denied");

    assertThat(only().getReason()).isEqualTo("ReadFails");
    assertThat(only().getMessage()).contains("evicted");
  }

  @Test
  void notMounted_isWhatTheClusterSays() {
    assertThat(problems()).isEmpty(); // no user is known yet
    node.known.remember("one", new Credentials("admin", Node.KEY));

    assertThatThrownBy(this::problems).isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void noneOfOurs_isNotFound() {
    var request = NodeGetVolumeHealthRequest.newBuilder();
    assertThatThrownBy(() -> node.health.answer(request.build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThatThrownBy(() -> node.health.answer(request.setVolumeId("x").build()))
        .isInstanceOf(CsiException.NotFound.class);
  }

  private VolumeHealthEntry only() {
    assertThat(problems()).hasSize(1);
    return problems().getFirst();
  }
}
