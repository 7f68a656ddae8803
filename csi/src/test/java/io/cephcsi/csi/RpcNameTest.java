package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RpcNameTest {
  @Test
  void on_idOfCsi_isInTheLaneOfItsCluster() {
    String id = new VolumeId("one", 1, "b0285c97-a0ce-11eb-8c66-0242ac110002").text();

    assertThat(RpcName.on("DeleteVolume", id).lane()).isEqualTo("one");
  }

  @Test
  void inPlace_filesystemsOfOneCluster_haveLanesOfTheirOwn() {
    String uuid = "b0285c97-a0ce-11eb-8c66-0242ac110002";
    String one = new VolumeId("one", 1, uuid).text();
    String two = new VolumeId("one", 2, uuid).text();

    assertThat(RpcName.inPlace("NodeStageVolume", one).lane()).isEqualTo("one/1");
    assertThat(RpcName.inPlace("NodePublishVolume", two).lane()).isEqualTo("one/2");
    assertThat(RpcName.inPlace("NodeStageVolume", "my-static-volume"))
        .isEqualTo(RpcName.on("NodeStageVolume", "my-static-volume"));
  }

  /** Static volumes' calls may hang, and the driver must still say what it is. */
  @Test
  void callsWhoseClusterIsUnknown_areNotInTheLaneOfTheDriversOwn() {
    String own = RpcName.ofDriver("NodeGetInfo").lane();

    assertThat(RpcName.on("NodeStageVolume", "my-static-volume").lane()).isNotEqualTo(own);
    assertThat(RpcName.of("GetCapacity", Map.of()).lane()).isNotEqualTo(own);
    assertThat(RpcName.onAll("ListVolumes").lane()).isNotEqualTo(own);
  }
}
