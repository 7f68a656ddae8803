package io.cephcsi.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.RpcName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeHandleTest {
  @ParameterizedTest
  @CsvSource({
    "0001-0003-one-0000000000000001-c9ce0f6a-6c4e-4b1e-9d6f-3c1f7b1a2b3c, one",
    "two/pool/image, two",
    "mig_mons-b7f67366bb43f32e07d8a261a7840da9_image-e0b45b52-7e09-47d3-8f1b-806995fa4412_706f6f6c, b7f67366bb43f32e07d8a261a7840da9",
    "mig_broken, unknown cluster",
    "image, unknown cluster"
  })
  void rpc_anyForm_runsWithTheCallsOfItsCluster(String id, String lane) {
    assertThat(VolumeHandle.rpc("DeleteVolume", id)).isEqualTo(new RpcName("DeleteVolume", lane));
  }

  @Test
  void of_journaled_isItsVolumeId() {
    String text = "0001-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002";

    assertThat(VolumeHandle.of(text))
        .get()
        .isInstanceOfSatisfying(
            VolumeHandle.Journaled.class, h -> assertThat(h.id().text()).isEqualTo(text));
  }

  @Test
  void of_inTree_isClusterPoolAndImage() {
    assertThat(
            VolumeHandle.of(
                "mig_mons-b7f67366bb43f32e07d8a261a7840da9_image-e0b45b52-7e09-47d3-8f1b-806995fa4412_706f6f6c5f7265706c6963615f706f6f6c"))
        .contains(
            new VolumeHandle.InTree(
                "b7f67366bb43f32e07d8a261a7840da9",
                "pool_replica_pool",
                "kubernetes-dynamic-pvc-e0b45b52-7e09-47d3-8f1b-806995fa4412"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mig_",
        "mig_mons-a_image-b",
        "mig_mons-a_image-b_",
        "mig_mons-a_image-b_7",
        "mig_mons-a_image-b_zz",
        "mig_mons-_image-b_70",
        "mig_image-b_mons-a_70"
      })
  void of_brokenInTree_isRefusedByName(String text) {
    assertThatThrownBy(() -> VolumeHandle.of(text))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining(text);
  }

  @Test
  void of_clusterPoolAndImage_isStatic() {
    assertThat(VolumeHandle.of("ceph-1/rbd/data"))
        .contains(new VolumeHandle.Static("ceph-1", "rbd", "data"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "data", "rbd/data", "a//c", "/b/c", "a/b/", "a/b/c/d"})
  void of_anythingElse_isNone(String text) {
    assertThat(VolumeHandle.of(text)).isEmpty();
  }
}
