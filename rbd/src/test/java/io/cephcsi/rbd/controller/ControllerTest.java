package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.GIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.ControllerExpandVolumeRequest;
import csi.v1.ControllerGetVolumeRequest;
import csi.v1.GetCapacityRequest;
import csi.v1.ListVolumesRequest;
import csi.v1.ListVolumesResponse;
import csi.v1.ValidateVolumeCapabilitiesRequest;
import csi.v1.VolumeCapability.AccessMode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cluster.ListToken;
import io.cephcsi.csi.CsiException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The RPCs that change little or nothing: expand, validate, list, get, capacity. */
class ControllerTest {
  private static final String UNKNOWN =
      "0001-0003-one-0000000000000001-b0285c97-a0ce-11eb-8c66-0242ac110002";

  @TempDir Path directory;
  private Controller controller;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    controller.cluster.onMonitorCommand(command ->
        command.contains("osd pool ls")
            ? "[{\"pool_id\":1,\"application_metadata\":{\"rbd\":{}}}]"
            : "{\"stats\":{\"total_avail_bytes\":77},"
                + "\"pools\":[{\"name\":\"rbd\",\"stats\":{\"max_avail\":42}}]}");
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  @Test
  void expand_larger_growsTheImage() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();

    assertThat(controller.expand(id, 3 * GIB)).isEqualTo(3 * GIB);
    assertThat(controller.expand(id, 3 * GIB)).isEqualTo(3 * GIB);
    assertThat(controller.expand(id, GIB)).isEqualTo(3 * GIB);
  }

  @Test
  void expand_limitBelowTheSize_isOutOfRange() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    var request =
        ControllerExpandVolumeRequest.newBuilder()
            .setVolumeId(id)
            .setCapacityRange(CapacityRange.newBuilder().setLimitBytes(GIB / 2))
            .putAllSecrets(Controller.SECRETS)
            .build();

    assertThatThrownBy(() -> controller.expandVolume.answer(request))
        .isInstanceOf(CsiException.OutOfRange.class)
        .hasMessageContaining("cannot shrink");
  }

  @Test
  void expand_unknownOrRemovedVolume_isNotFound() {
    assertThatThrownBy(() -> controller.expand(UNKNOWN, GIB))
        .isInstanceOf(CsiException.NotFound.class);
    assertThatThrownBy(() -> controller.expand("../x", GIB))
        .isInstanceOf(CsiException.NotFound.class);
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage(pool.images().keySet().iterator().next());
    }
    assertThatThrownBy(() -> controller.expand(id, 2 * GIB))
        .isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void expand_withoutIdOrRange_isRefused() {
    assertThatThrownBy(() -> controller.expand("", GIB))
        .isInstanceOf(CsiException.InvalidArgument.class);
    var request = ControllerExpandVolumeRequest.newBuilder().setVolumeId(UNKNOWN).build();
    assertThatThrownBy(() -> controller.expandVolume.answer(request))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("capacity_range");
  }

  @Test
  void validate_looksTheVolumeUp() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();

    assertThat(controller.validate.answer(validate(id)).hasConfirmed()).isTrue();
    assertThatThrownBy(() -> controller.validate.answer(validate(UNKNOWN)))
        .isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void validate_multiWriterFilesystem_isNotConfirmedAndSaysWhy() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    var capability = Controller.writer().toBuilder();
    capability.getAccessModeBuilder().setMode(AccessMode.Mode.MULTI_NODE_MULTI_WRITER);
    var request = validate(id).toBuilder().setVolumeCapabilities(0, capability).build();

    var answer = controller.validate.answer(request);

    assertThat(answer.hasConfirmed()).isFalse();
    assertThat(answer.getMessage()).contains("MULTI_NODE_MULTI_WRITER");
  }

  @Test
  void list_pages_haveEachVolumeOnce() {
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      made.add(controller.create("pvc-" + i).getVolume().getVolumeId());
    }

    List<String> listed = new ArrayList<>();
    String token = "";
    do {
      ListVolumesResponse page = list(3, token);
      assertThat(page.getEntriesCount()).isLessThanOrEqualTo(3);
      page.getEntriesList().forEach(e -> listed.add(e.getVolume().getVolumeId()));
      token = page.getNextToken();
    } while (!token.isEmpty());

    assertThat(listed).containsExactlyElementsOf(made);
    assertThat(list(7, "").getNextToken()).isEmpty();
  }

  /** As the guide to caps has it: profile rbd of one pool, while the cluster has more. */
  @Test
  void list_poolThatTheUserMayNotRead_isLeftOut() {
    controller.cluster.addPool("others");
    controller.cluster.onMonitorCommand(_ ->
        "[{\"pool_id\":1,\"application_metadata\":{\"rbd\":{}}},{\"pool_id\":2,\"application_metadata\":{\"rbd\":{}}}]");
    String id = controller.create("pvc-1").getVolume().getVolumeId();
    var openPools = new ArrayList<String>();
    var denied = new ArrayList<>(List.of("open pool 2"));
    controller
        .cluster
        .operations()
        .before(operation -> {
          if (operation.startsWith("open pool")) {
            openPools.add(operation);
          } else if (operation.startsWith("list csi.") && denied.contains(openPools.getLast())) {
            throw new CephException(Errno.EPERM, operation);
          }
        });

    assertThat(list(0, "").getEntriesList())
        .extracting(e -> e.getVolume().getVolumeId())
        .containsExactly(id);
    denied.add("open pool 1");
    assertThatThrownBy(() -> list(0, ""))
        .isInstanceOfSatisfying(CephException.class, e -> assertThat(e.denied()).isTrue());
  }

  @Test
  void list_wrongTokenOrBound_isRefused() {
    controller.create("pvc-1");
    assertThatThrownBy(() -> list(1, "nonsense")).isInstanceOf(CsiException.Aborted.class);
    assertThatThrownBy(() -> list(1, new ListToken("two", 1, "a").text()))
        .isInstanceOf(CsiException.Aborted.class);
    assertThatThrownBy(() -> list(-1, "")).isInstanceOf(CsiException.InvalidArgument.class);
  }

  @Test
  void list_noUserKnown_saysWhatToDo() throws Exception {
    assertThatThrownBy(() -> list(0, ""))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("keyring");

    Files.writeString(
        directory.resolve("keyring"), "[client.csi]\n\tkey = c2VjcmV0\n\tcaps mon = \"x\"\n");

    assertThat(list(0, "").getEntriesCount()).isZero();
  }

  @Test
  void get_volume_tellsItsSize() {
    String id = controller.create("pvc-1").getVolume().getVolumeId();

    var volume = controller.getVolume.answer(get(id)).getVolume();

    assertThat(volume.getVolumeId()).isEqualTo(id);
    assertThat(volume.getCapacityBytes()).isEqualTo(GIB);
    assertThatThrownBy(() -> controller.getVolume.answer(get(UNKNOWN)))
        .isInstanceOf(CsiException.NotFound.class);
  }

  @Test
  void capacity_ofPoolOrAll_isWhatTheMonitorsSay() {
    controller.create("pvc-1");
    var all = GetCapacityRequest.getDefaultInstance();
    var pool = all.toBuilder().putParameters("clusterID", "one").putParameters("pool", "rbd");

    assertThat(controller.getCapacity.answer(all).getAvailableCapacity()).isEqualTo(77);
    assertThat(controller.getCapacity.answer(pool.build()).getAvailableCapacity()).isEqualTo(42);
    assertThatThrownBy(() -> controller.getCapacity.answer(pool.putParameters("pool", "x").build()))
        .isInstanceOf(CsiException.InvalidArgument.class);
  }

  private ListVolumesResponse list(int most, String token) {
    return controller.listVolumes.answer(
        ListVolumesRequest.newBuilder().setMaxEntries(most).setStartingToken(token).build());
  }

  private static ControllerGetVolumeRequest get(String id) {
    return ControllerGetVolumeRequest.newBuilder().setVolumeId(id).build();
  }

  private static ValidateVolumeCapabilitiesRequest validate(String id) {
    return ValidateVolumeCapabilitiesRequest.newBuilder()
        .setVolumeId(id)
        .addVolumeCapabilities(Controller.writer())
        .putAllSecrets(Controller.SECRETS)
        .build();
  }
}
