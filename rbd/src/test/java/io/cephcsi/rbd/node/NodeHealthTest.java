package io.cephcsi.rbd.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.NodeGetStorageHealthRequest;
import csi.v1.NodeGetStorageHealthResponse.StorageBackendHealth;
import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.StorageHealthErrorType;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import csi.v1.VolumeHealthErrorType;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What NodeGetVolumeHealth and NodeGetStorageHealth tell of what can be wrong on a node. */
class NodeHealthTest {
  @TempDir Path directory;
  private Node node;

  @BeforeEach
  void start() throws Exception {
    node = new Node(directory);
    monitorsSay("{\"checks\":{}}", "[]");
  }

  @AfterEach
  void stop() {
    node.close();
    node.clusters.checkNothingOpen();
  }

  private void monitorsSay(String health, String blocklist) {
    node.cluster.onMonitorCommand(command -> {
      if (command.contains("blocklist")) {
        return blocklist;
      }
      return command.contains("health")
          ? health
          : "[{\"pool_id\":1,\"pool_name\":\"rbd\",\"flags_names\":\"hashpspool\"}]";
    });
  }

  @Test
  void volume_staged_isHealthy() {
    node.stage();

    assertThat(node.health().getVolumeId()).isEqualTo(node.id);
    assertThat(problems()).isEmpty();
  }

  /** After the failover that the documentation tells, and after one without a mirror. */
  @ParameterizedTest
  @ValueSource(strings = {"[]", "[{\"clusterIDMapping\":{\"one\":\"two\"}}]"})
  void volume_stagedOfAClusterThatIsNotConfiguredAnyMore_isHealthy(String mapping)
      throws Exception {
    node.stage();
    Files.writeString(directory.resolve("cluster-mapping.json"), mapping);
    Files.writeString(
        directory.resolve("config.json"), "[{\"clusterID\":\"two\",\"monitors\":[\"mon\"]}]");

    assertThat(node.health().getVolumeId()).isEqualTo(node.id);
    assertThat(problems()).isEmpty();
  }

  @Test
  void volume_deviceGone_isInaccessible() {
    node.stage();
    MappedDevice device = node.mapper.devices().getFirst();
    node.mapper.unmap(device, "force");
    node.host.vanish(device.path());

    assertThat(problem().getStatus()).isEqualTo(VolumeHealthErrorType.INACCESSIBLE);
    assertThat(problem().getReason()).isEqualTo("DeviceGone");
    assertThat(problem().getMessage())
        .contains(device.path().toString())
        .contains("delete its pods");
  }

  @Test
  void volume_deviceFails_isInaccessible() {
    node.stage();
    node.host.fail("dd ");

    assertThat(problem().getReason()).isEqualTo("ReadFails");
    assertThat(problem().getMessage()).contains("told to fail");
  }

  @Test
  void volume_deviceDoesNotAnswer_isToldWithoutWaitingForIt() throws Exception {
    node.stage();
    node.host.hang("dd ");

    VolumeHealthEntry first = problem();
    VolumeHealthEntry second = problem();

    assertThat(first.getReason()).isEqualTo("NotAnswering");
    assertThat(first.getMessage()).contains("is not answering since");
    assertThat(second).isEqualTo(first);
    assertThat(node.host.commands).filteredOn(c -> c.startsWith("dd ")).hasSize(1);
    node.host.answer();
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!problems().isEmpty() && System.nanoTime() < end) {
      Thread.sleep(2);
    }
    assertThat(problems()).isEmpty();
  }

  @Test
  void volume_filesystemReadOnlyAfterAnError_isDegraded() {
    node.stage();
    node.host.filesystemErrors(node.mapper.devices().getFirst().path(), 3);
    node.host.turnReadOnly();

    assertThat(problems())
        .allMatch(p -> p.getStatus() == VolumeHealthErrorType.DEGRADED)
        .extracting(VolumeHealthEntry::getReason)
        .containsExactly("FilesystemReadOnly", "FilesystemErrors");
    assertThat(problems().getLast().getMessage()).contains("3 errors");
  }

  @Test
  void volume_filesystemShutDown_isInaccessible() {
    node.stage();
    node.host.fail("stat -c");

    assertThat(problem().getReason()).isEqualTo("ReadFails");
  }

  @Test
  void volume_clientBlocklisted_isInaccessible() {
    node.stage();
    monitorsSay(
        "{\"checks\":{}}", "[{\"addr\":\"%s\",\"until\":\"x\"}]".formatted(MemoryMapper.ADDRESS));

    assertThat(problem().getReason()).isEqualTo("ClientBlocklisted");
    assertThat(problem().getMessage()).contains(MemoryMapper.ADDRESS);
  }

  @Test
  void volume_notStaged_isWhatTheClusterSays() {
    assertThat(problems()).isEmpty(); // no user is known yet
    node.stage();
    node.unstage();
    assertThat(problems()).isEmpty();

    try (MemoryPool pool = node.cluster.pool("rbd")) {
      pool.removeImage(node.image);
    }

    assertThat(problem().getStatus()).isEqualTo(VolumeHealthErrorType.DATA_LOSS);
    assertThat(problem().getReason()).isEqualTo("ImageMissing");
  }

  @Test
  void volume_noneOfOurs_isNotFound() {
    var request = NodeGetVolumeHealthRequest.newBuilder();
    assertThatThrownBy(() -> node.volumeHealth.answer(request.build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThatThrownBy(() -> node.volumeHealth.answer(request.setVolumeId("x").build()))
        .isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void storage_wellOrUnknown_hasNoProblem() {
    assertThat(storage(NodeGetStorageHealthRequest.getDefaultInstance())).isEmpty();
    node.stage();
    assertThat(storage(NodeGetStorageHealthRequest.getDefaultInstance())).isEmpty();
  }

  @Test
  void storage_osdsDown_isDegraded() {
    monitorsSay(
        "{\"checks\":{\"OSD_DOWN\":{\"severity\":\"HEALTH_WARN\",\"summary\":{\"message\":\"1 osds down\"}},"
            + "\"AUTH_INSECURE_SERVICE_KEY_TYPE\":{\"severity\":\"HEALTH_ERR\",\"summary\":{\"message\":\"y\"}},"
            + "\"TELEMETRY_CHANGED\":{\"severity\":\"HEALTH_WARN\",\"summary\":{\"message\":\"x\"}}}}",
        "[]");
    var request = NodeGetStorageHealthRequest.newBuilder().putAllSecrets(Node.SECRETS).build();

    assertThat(storage(request))
        .singleElement()
        .matches(p -> p.getStatus() == StorageHealthErrorType.STORAGE_DEGRADED)
        .matches(p -> p.getReason().equals("OsdDown"))
        .matches(p -> p.getMessage().contains("1 osds down"));
  }

  @Test
  void storage_monitorsSilent_isUnreachable() {
    node.clusters.forget("mon");
    var request = NodeGetStorageHealthRequest.newBuilder().putAllSecrets(Node.SECRETS).build();

    assertThat(storage(request))
        .singleElement()
        .matches(p -> p.getStatus() == StorageHealthErrorType.STORAGE_UNREACHABLE)
        .matches(p -> p.getReason().equals("MonitorsNotAnswering"));
  }

  private List<StorageBackendHealth> storage(NodeGetStorageHealthRequest request) {
    return node.storageHealth.answer(request).getBackendHealthList();
  }

  private List<VolumeHealthEntry> problems() {
    return node.health().getHealthStatusesList();
  }

  private VolumeHealthEntry problem() {
    assertThat(problems()).hasSize(1);
    return problems().getFirst();
  }
}
