package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.SECRETS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CreateVolumeRequest;
import csi.v1.GetCapacityRequest;
import csi.v1.Topology;
import csi.v1.TopologyRequirement;
import csi.v1.Volume;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.csi.CsiException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopologyTest {
  private static final String POOLS =
      """
      [{"poolName": "east", "domainSegments": [{"domainLabel": "region", "value": "e"}]},
       {"poolName": "west", "dataPool": "west-data",
        "domainSegments": [
          {"domainLabel": "region", "value": "w"}, {"domainLabel": "zone", "value": "w1"}]}]
      """;
  private static final Topology EAST = topology("region", "e", "zone", "e7");
  private static final Topology WEST = topology("region", "w", "zone", "w1");

  @TempDir Path directory;
  private Controller controller;

  @BeforeEach
  void start() throws IOException {
    controller = new Controller(directory);
    controller.cluster.addPool("east");
    controller.cluster.addPool("west");
    controller.cluster.addPool("west-data");
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  private static Topology topology(String... labels) {
    var topology = Topology.newBuilder();
    for (int i = 0; i < labels.length; i += 2) {
      topology.putSegments("topology.rbd.csi.ceph.com/" + labels[i], labels[i + 1]);
    }
    return topology.build();
  }

  private static CreateVolumeRequest.Builder request(Topology... preferred) {
    var requirement = TopologyRequirement.newBuilder().addRequisite(EAST).addRequisite(WEST);
    for (Topology each : preferred) {
      requirement.addPreferred(each);
    }
    return Controller.request("pvc-1")
        .removeParameters("pool")
        .putParameters("topologyConstrainedPools", POOLS)
        .setAccessibilityRequirements(requirement);
  }

  private Volume create(CreateVolumeRequest.Builder request) {
    return controller.createVolume.answer(request.build()).getVolume();
  }

  @Test
  void create_onePoolOfTheClassMissing_hindersOnlyItsOwn() {
    controller.cluster.removePool("east");

    assertThat(create(request(WEST, EAST)).getVolumeContextMap()).containsEntry("pool", "west");
    controller.cluster.removePool("west");
    assertThatThrownBy(() -> create(request(WEST, EAST)))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("east");
  }

  @Test
  void create_preferred_goesToThatPool() {
    Volume volume = create(request(WEST, EAST));

    assertThat(volume.getVolumeContextMap())
        .containsEntry("pool", "west")
        .containsEntry("journalPool", "west")
        .containsEntry("dataPool", "west-data")
        .doesNotContainKey("topologyConstrainedPools");
    assertThat(volume.getAccessibleTopologyList())
        .containsExactly(topology("region", "w", "zone", "w1"));
    try (MemoryPool west = controller.cluster.pool("west")) {
      assertThat(west.images()).hasSize(1);
    }
  }

  @Test
  void create_nonePreferred_goesToTheFirstRequisite() {
    Volume volume = create(request());

    assertThat(volume.getVolumeContextMap()).containsEntry("pool", "east");
    assertThat(volume.getAccessibleTopologyList()).containsExactly(topology("region", "e"));
  }

  @Test
  void create_repeatedWithAnotherPreference_isTheSameVolume() {
    Volume first = create(request(WEST));

    assertThat(create(request(EAST))).isEqualTo(first);
  }

  @Test
  void create_existsWhereItMayNotBe_isAlreadyExists() {
    var _ = create(request(WEST));
    var onlyEast =
        request().setAccessibilityRequirements(TopologyRequirement.newBuilder().addRequisite(EAST));

    assertThatThrownBy(() -> create(onlyEast))
        .isInstanceOf(CsiException.AlreadyExists.class)
        .hasMessageContaining("pool west");
  }

  @Test
  void create_noPoolThere_isResourceExhausted() {
    var north =
        request()
            .setAccessibilityRequirements(
                TopologyRequirement.newBuilder().addRequisite(topology("region", "n")));

    assertThatThrownBy(() -> create(north))
        .isInstanceOf(CsiException.ResourceExhausted.class)
        .hasMessageContaining("region=n");
  }

  @Test
  void create_unknownSegment_isResourceExhausted() {
    var rack =
        request()
            .setAccessibilityRequirements(
                TopologyRequirement.newBuilder().addRequisite(topology("rack", "1")));

    assertThatThrownBy(() -> create(rack)).isInstanceOf(CsiException.ResourceExhausted.class);
  }

  @Test
  void create_withoutRequirement_takesTheClassesPool() {
    var request = request().clearAccessibilityRequirements();

    assertThatThrownBy(() -> create(request))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("pool is missing");
    Volume volume = create(request.putParameters("pool", "rbd"));
    assertThat(volume.getVolumeContextMap()).containsEntry("pool", "rbd");
    assertThat(volume.getAccessibleTopologyList()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{| line 1",
        "{}| must be an array",
        "[]| must be an array",
        "[{}]| poolName is missing",
        "[{\"poolName\":\"\"}]| poolName is missing",
        "[{\"poolName\":\"a\",\"domainSegments\":[{\"value\":\"x\"}]}]| domainLabel is missing"
      })
  void create_brokenPools_isRefused(String pools, String why) {
    assertThatThrownBy(() -> create(request().putParameters("topologyConstrainedPools", pools)))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("topologyConstrainedPools")
        .hasMessageContaining(why);
  }

  @Test
  void capacity_ofATopology_isThatOfItsRoomiestPool() {
    controller.cluster.onMonitorCommand(_ ->
        """
        {"pools":[{"name":"east","stats":{"max_avail":5}},
                  {"name":"west-data","stats":{"max_avail":7}}]}
        """);
    controller.users.remember(
        "one", new Credentials(SECRETS.getOrDefault("userID", ""), "c2VjcmV0"));
    var request =
        GetCapacityRequest.newBuilder()
            .putAllParameters(Map.of("clusterID", "one", "topologyConstrainedPools", POOLS));

    assertThat(available(request.setAccessibleTopology(WEST))).isEqualTo(7);
    assertThat(available(request.setAccessibleTopology(EAST))).isEqualTo(5);
    assertThat(available(request.setAccessibleTopology(topology("region", "n")))).isZero();
  }

  private long available(GetCapacityRequest.Builder request) {
    return controller.getCapacity.answer(request.build()).getAvailableCapacity();
  }
}
