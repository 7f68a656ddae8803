package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeIdTest {
  private static final String UUID = "b0285c97-a0ce-11eb-8c66-0242ac110002";
  private static final String KNOWN = "0001-0009-rook-ceph-0000000000000002-" + UUID;

  @Test
  void text_andBack_isCephCsis() {
    var id = new VolumeId("rook-ceph", 2, UUID);

    assertThat(id.text()).isEqualTo(KNOWN);
    assertThat(VolumeId.of(KNOWN)).contains(id);
  }

  @Test
  void of_otherVersion_isRead() {
    String text =
        "ffff-0024-01616094-9d93-4178-bf45-c7eac19e8b15-000000000000ffff-00000000-1111-2222-bbbb-cacacacacaca";

    assertThat(VolumeId.of(text))
        .contains(
            new VolumeId(
                "01616094-9d93-4178-bf45-c7eac19e8b15",
                0xffff,
                "00000000-1111-2222-bbbb-cacacacacaca"));
  }

  @Test
  void of_upperCaseAndNegativeLocation_areRead() {
    String text = "0001-000A-0123456789-FFFFFFFFFFFFFFFF-" + UUID;

    assertThat(VolumeId.of(text)).contains(new VolumeId("0123456789", -1, UUID));
  }

  @Test
  void text_clusterIdNotAscii_countsBytes() {
    var id = new VolumeId("é", 1, UUID);

    assertThat(id.text()).startsWith("0001-0002-é-");
    assertThat(VolumeId.of(id.text())).contains(id);
  }

  @Test
  void text_longestClusterId_isExactly128Bytes() {
    var id = new VolumeId("c".repeat(64), 1, UUID);

    assertThat(id.text()).hasSize(128);
    assertThat(VolumeId.of(id.text())).contains(id);
    assertThatThrownBy(() -> new VolumeId("c".repeat(65), 1, UUID))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("64 bytes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "pvc-1",
        "../../../../etc/passwd",
        "0001-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac11000",
        "0001-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac1100021",
        "0001-00ff-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0008-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "000x-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-+009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0009-rook-ceph-00000000000000 2-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0009-rook-ceph-0000000000000002-b0285c97/a0ce-11eb-8c66-0242ac110002"
      })
  void of_anythingElse_isEmpty(String text) {
    assertThat(VolumeId.of(text)).isEmpty();
  }

  @Test
  void of_veryLongText_isEmpty() {
    assertThat(VolumeId.of(KNOWN + "x".repeat(100_000))).isEmpty();
  }
}
