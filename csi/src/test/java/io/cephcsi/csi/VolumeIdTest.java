package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Volume ids as any ceph-csi compatible driver writes and reads them. */
final class VolumeIdTest {
  private static final String UUID = "b0285c97-a0ce-11eb-8c66-0242ac110002";
  private static final String ROOK = "0001-0009-rook-ceph-0000000000000002-" + UUID;
  private static final String LONGEST_CLUSTER = "c".repeat(64);

  @Test
  void text_isWhatCephCsiWrites() {
    assertThat(new VolumeId("rook-ceph", 2, UUID).text())
        .isEqualTo("0001-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "rook-ceph", "a-b-", "01616094-9d93-4178-bf45-c7eac19e8b15"})
  void of_whatTextWrote_isTheSame(String clusterId) {
    var id = new VolumeId(clusterId, 0x1234_5678_9abcL, UUID);
    assertThat(VolumeId.of(id.text())).contains(id);
  }

  @Test
  void of_versionNotOurs_isRead() {
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
  void of_upperCaseHex_isRead() {
    String text = "FFFF-000A-rook-ceph1-00000000000000FF-" + UUID;
    assertThat(VolumeId.of(text)).contains(new VolumeId("rook-ceph1", 255, UUID));
  }

  @Test
  void of_uuidInUpperCase_isKeptAsItIs() {
    String upper = "B0285C97-A0CE-11EB-8C66-0242AC110002";
    assertThat(VolumeId.of("0001-0009-rook-ceph-0000000000000002-" + upper))
        .contains(new VolumeId("rook-ceph", 2, upper));
  }

  @Test
  void of_otherSeparators_isRead() {
    assertThat(VolumeId.of("0001_0009_rook-ceph_0000000000000002_" + UUID))
        .contains(new VolumeId("rook-ceph", 2, UUID));
  }

  @Test
  void location_hasAll64Bits() {
    var id = new VolumeId("rook-ceph", -1, UUID);
    assertThat(id.text()).contains("-ffffffffffffffff-");
    assertThat(VolumeId.of(id.text())).contains(id);
  }

  @Test
  void clusterId_countsInBytes() {
    var id = new VolumeId("é-ü", 2, UUID);
    assertThat(id.text()).startsWith("0001-0005-é-ü-0000000000000002-");
    assertThat(VolumeId.of(id.text())).contains(id);
  }

  @Test
  void clusterId_of64Bytes_isTheLongest() {
    var id = new VolumeId(LONGEST_CLUSTER, 2, UUID);
    assertThat(id.text()).hasSize(128).startsWith("0001-0040-");
    assertThat(VolumeId.of(id.text())).contains(id);
    var umlauts = new VolumeId("ü".repeat(32), 2, UUID);
    assertThat(VolumeId.of(umlauts.text())).contains(umlauts);
  }

  @Test
  void clusterId_longer_isRefused() {
    assertThatThrownBy(() -> new VolumeId(LONGEST_CLUSTER + "c", 2, UUID))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("64 bytes");
    assertThatThrownBy(() -> new VolumeId("ü".repeat(33), 2, UUID))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThat(VolumeId.of("0001-0041-" + LONGEST_CLUSTER + "c-0000000000000002-" + UUID))
        .isEmpty();
  }

  @Test
  void uuid_ofAnotherLength_isRefused() {
    assertThatThrownBy(() -> new VolumeId("rook-ceph", 2, UUID + "0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("36");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "image-of-a-static-volume",
        "../../../../etc/passwd",
        // one byte less than the fixed part
        "0001-0000--0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac11000",
        // version, length and location that are not hex
        "000g-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-00x9-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-+009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0009-rook-ceph--000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0009-rook-ceph-000000000000000z-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "é001-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac11000",
        // a length that ends behind the text, in the location, in the uuid; too short a one
        "0001-ffff-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0040-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0030-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-000a-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0008-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        "0001-0000-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac110002",
        // a uuid of 35 and of 37 characters
        "0001-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac11000",
        "0001-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac1100022",
        // what would reach other objects, or cannot be one's name
        "0001-0009-rook-ceph-0000000000000002-../../../../../../../../../etc/passwd",
        "0001-0009-rook-ceph-0000000000000002-b0285c97/a0ce-11eb-8c66-0242ac110002",
        "0001-0009-rook-ceph-0000000000000002-b0285c97 a0ce 11eb 8c66 0242ac110002",
        "0001-0009-rook-ceph-0000000000000002-b0285c97-a0ce-11eb-8c66-0242ac1100é",
        "mig_mons-b7f67366bb43f32e07d8a261a7840da9_image-e0b45b52-7e09-47d3-8f1b-806995fa4412_706f"
      })
  void of_whatCannotBeAnId_isEmpty(String text) {
    assertThat(VolumeId.of(text)).isEmpty();
  }

  @Test
  void of_anyTruncation_isEmpty() {
    for (int length = 0; length < ROOK.length(); length++) {
      assertThat(VolumeId.of(ROOK.substring(0, length))).as("%s characters", length).isEmpty();
    }
    assertThat(VolumeId.of(ROOK)).isPresent();
  }

  @Test
  void of_lengthThatEndsAmidACharacter_isEmpty() {
    // The second byte of é stands where a separator does, which nobody looks at.
    String cluster = "c".repeat(63) + "é";
    assertThat(VolumeId.of("0001-0040-" + cluster + "0000000000000002-" + UUID)).isEmpty();
  }

  @Test
  void of_longerThanCsiAllows_isEmpty() {
    assertThat(VolumeId.of(ROOK + "0".repeat(100_000))).isEmpty();
  }
}
