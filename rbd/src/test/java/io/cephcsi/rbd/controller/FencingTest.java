package io.cephcsi.rbd.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.ControllerGetCapabilitiesRequest;
import csi.v1.ControllerPublishVolumeRequest;
import csi.v1.ControllerServiceCapability.RPC;
import csi.v1.ControllerUnpublishVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryOperations.Crash;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.ceph.StoredImage;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.Fences.Fence;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ControllerPublishVolume and ControllerUnpublishVolume, which fence the clients of lost nodes. */
class FencingTest {
  private static final String CLIENT = "10.0.0.7:0/123456";

  @TempDir Path directory;
  private final Set<String> blocklist = new TreeSet<>();
  private String dialect = "blocklist";
  private Controller controller;
  private String id;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    controller.cluster.onMonitorCommand(this::monitor);
    id = controller.create("pvc-1").getVolume().getVolumeId();
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  private String monitor(String command) {
    if (!command.contains(dialect)) {
      throw new CephException(Errno.EINVAL, command);
    }
    if (command.contains("\"add\"")) {
      blocklist.add(command.replaceFirst(".*\"addr\":\"", "").replaceFirst("\".*", ""));
      return "";
    }
    return blocklist.stream()
        .map(client -> "{\"addr\":\"%s\"}".formatted(client))
        .collect(Collectors.joining(",", "[", "]"));
  }

  @Test
  void publish_nodeThatIsNotThere_isNotFound() {
    assertThatThrownBy(() -> publish("no-node"))
        .isInstanceOf(CsiException.NotFound.class)
        .hasMessageContaining("no-node");
  }

  @Test
  void publish_stagedOnAnotherNode_isRefusedNamingIt() {
    staged("node-1", CLIENT);

    assertThatThrownBy(() -> publish("node-2"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("node-1")
        .hasMessageContaining(CLIENT)
        .hasMessageContaining("out-of-service");
    publish("node-1");
    assertThat(blocklist).isEmpty();
  }

  @Test
  void publish_volumeForManyNodes_isNotRefused() {
    staged("node-1", CLIENT);
    var request = publishRequest("node-2");
    request.setVolumeCapability(
        VolumeCapability.newBuilder()
            .setBlock(BlockVolume.getDefaultInstance())
            .setAccessMode(
                AccessMode.newBuilder().setMode(AccessMode.Mode.MULTI_NODE_MULTI_WRITER)));

    var _ = controller.publishVolume.answer(request.build());
  }

  @Test
  void publish_wrongOrUnknown_isRefused() {
    for (var request :
        Set.of(
            publishRequest("node-1").clearVolumeId(),
            publishRequest(""),
            publishRequest("node-1").clearVolumeCapability())) {
      assertThatThrownBy(() -> controller.publishVolume.answer(request.build()))
          .isInstanceOf(CsiException.InvalidArgument.class);
    }
    controller.delete(id);
    assertThatThrownBy(() -> publish("node-1")).isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void unpublish_lostNode_fencesItsClientAlone() {
    staged("node-1", CLIENT);
    staged("node-3", "10.0.0.9:0/9");

    unpublish("node-1");

    assertThat(blocklist).containsExactly(CLIENT);
    assertThat(fences()).containsExactly(new Fence("node-3", "10.0.0.9:0/9"));
    unpublish("");
    assertThat(fences()).isEmpty();
    assertThat(blocklist).hasSize(2);
    publish("node-2");
  }

  @Test
  void unpublish_nodeThatUnstagedOrVolumeGone_fencesNothing() {
    unpublish("node-1");
    controller.delete(id);
    unpublish("node-1");

    assertThat(blocklist).isEmpty();
  }

  @Test
  void unpublish_oldCeph_isToldInItsWord() {
    dialect = "blacklist";
    staged("node-1", CLIENT);

    unpublish("node-1");

    assertThat(blocklist).containsExactly(CLIENT);
  }

  @Test
  void unpublish_monitorsRefuse_keepsTheNode() {
    staged("node-1", CLIENT);
    controller.cluster.onMonitorCommand(command -> {
      throw new CephException(Errno.EACCES, command);
    });

    assertThatThrownBy(() -> unpublish("node-1")).isInstanceOf(CephException.class);

    assertThat(fences()).hasSize(1);
  }

  @Test
  void unpublish_notInTheBlocklistAfterwards_isUnavailableAndKeepsTheNode() {
    staged("node-1", CLIENT);
    controller.cluster.onMonitorCommand(command -> command.contains("\"add\"") ? "" : "[]");

    assertThatThrownBy(() -> unpublish("node-1")).isInstanceOf(CsiException.Unavailable.class);

    assertThat(fences()).hasSize(1);
  }

  @Test
  void unpublish_crashAtAnyWrite_isFinishedByTheNextCall() throws Exception {
    for (boolean after : new boolean[] {false, true}) {
      staged("node-1", CLIENT);
      blocklist.clear();
      if (after) {
        controller.cluster.operations().crashAfter(1);
      } else {
        controller.cluster.operations().crashBefore(1);
      }
      assertThatThrownBy(() -> unpublish("node-1")).isInstanceOf(Crash.class);
      assertThat(controller.cluster.operations().restart()).isTrue();
      controller.restart(new ControllerSettings(false, ""));
      assertThat(blocklist).containsExactly(CLIENT); // before the node is forgotten

      unpublish("node-1");

      assertThat(fences()).isEmpty();
    }
  }

  @Test
  void publish_cloneWithItsSourcesMetadata_isNotTakenForStaged() {
    try (MemoryPool pool = controller.pool()) {

      Fences.put(pool, imageId(pool), new Fence("node-1", CLIENT));
      var metadata = stored(pool).metadata();
      String other = controller.create("pvc-2").getVolume().getVolumeId();
      String otherId = pool.imageId(image(other)).orElseThrow();
      pool.changeImageMetadata(otherId, Set.of(), metadata);

      assertThat(Fences.of(pool, otherId)).isEmpty();
    }
  }

  @Test
  void capabilities_publishing_isTheFlags() {
    assertThat(types(false)).doesNotContain(RPC.Type.PUBLISH_UNPUBLISH_VOLUME);
    assertThat(types(true)).contains(RPC.Type.PUBLISH_UNPUBLISH_VOLUME);
  }

  private static Set<RPC.Type> types(boolean fencing) {
    return new ControllerGetCapabilities(fencing)
            .answer(ControllerGetCapabilitiesRequest.getDefaultInstance())
            .getCapabilitiesList()
            .stream()
            .map(c -> c.getRpc().getType())
            .collect(Collectors.toSet());
  }

  private void staged(String node, String client) {
    try (MemoryPool pool = controller.pool()) {
      Fences.put(pool, imageId(pool), new Fence(node, client));
    }
  }

  private List<Fence> fences() {
    try (MemoryPool pool = controller.pool()) {
      return Fences.of(pool, imageId(pool));
    }
  }

  private StoredImage stored(MemoryPool pool) {
    return pool.stored(image(id)).orElseThrow();
  }

  private String imageId(MemoryPool pool) {
    return pool.imageId(image(id)).orElseThrow();
  }

  private static String image(String volumeId) {
    return "csi-vol-" + volumeId.substring(volumeId.length() - 36);
  }

  private void publish(String node) {
    var _ = controller.publishVolume.answer(publishRequest(node).build());
  }

  private ControllerPublishVolumeRequest.Builder publishRequest(String node) {
    return ControllerPublishVolumeRequest.newBuilder()
        .setVolumeId(id)
        .setNodeId(node)
        .setVolumeCapability(Controller.writer())
        .putAllSecrets(Controller.SECRETS);
  }

  private void unpublish(String node) {
    var _ =
        controller.unpublishVolume.answer(
            ControllerUnpublishVolumeRequest.newBuilder()
                .setVolumeId(id)
                .setNodeId(node)
                .putAllSecrets(Controller.SECRETS)
                .build());
  }
}
