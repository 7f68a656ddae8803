package io.cephcsi.cephfs.care;

import static io.cephcsi.cephfs.care.FileSystemInMemory.snapshot;
import static io.cephcsi.cephfs.care.FileSystemInMemory.snapshotId;
import static io.cephcsi.cephfs.care.FileSystemInMemory.subvolume;
import static io.cephcsi.cephfs.care.FileSystemInMemory.uuid;
import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.journal.JournalKind;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubvolumeFactsTest {
  private static final String ID_2 =
      "0001-0003-one-0000000000000001-11111111-2222-4333-8444-000000000002";

  private final FileSystemInMemory memory = new FileSystemInMemory();

  @AfterEach
  void nothingOpen() {
    memory.close();
  }

  private Optional<SubvolumeFacts> facts(String asked) {
    try (OpenFileSystem opened = memory.open()) {
      return SubvolumeFacts.of(opened, "default", asked);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pvc-2",
        ID_2,
        "csi-vol-11111111-2222-4333-8444-000000000002",
        "11111111-2222-4333-8444-000000000002"
      })
  void volume_isFoundByAllThatNamesIt(String asked) {
    memory.volume(2);
    SubvolumeFacts found = facts(asked).orElseThrow();
    assertThat(found.kind()).isEqualTo(JournalKind.VOLUMES);
    assertThat(found.name()).isEqualTo("pvc-2");
    assertThat(found.id()).isEqualTo(ID_2);
    assertThat(found.subvolume()).isEqualTo(subvolume(2));
    Subvolume.Live live = Objects.requireNonNull(found.live());
    assertThat(live.path()).startsWith("/volumes/csi/" + subvolume(2));
    assertThat(live.quotaBytes()).isEqualTo(FileSystemInMemory.GIB);
    assertThat(found.state()).isEmpty();
    assertThat(found.directoryKey()).isEqualTo("csi.volume.pvc-2");
    assertThat(found.object()).isEqualTo("csi.volume." + uuid(2));
  }

  @Test
  void snapshot_tellsItsVolumeAndWhoShowsIt() {
    memory.volume(1);
    memory.snapshot(3, 1);
    memory.shown(4, 3);
    SubvolumeFacts found = facts("snapshot-3").orElseThrow();
    assertThat(found.kind()).isEqualTo(JournalKind.SNAPSHOTS);
    assertThat(found.subvolume()).isEqualTo(subvolume(1));
    assertThat(found.snapshot()).isEqualTo(snapshot(3));
    assertThat(found.snapshots()).containsExactly(snapshot(3));
    assertThat(found.shownBy()).containsExactly(subvolume(4));
    assertThat(facts("pvc-4").orElseThrow().shows()).isEqualTo(snapshotId(3));
    assertThat(facts("pvc-4").orElseThrow().state()).isEmpty();
  }

  @Test
  void whatIsNotSound_isTold() {
    memory.key(2);
    memory.object(2, Map.of());
    assertThat(facts("pvc-2").orElseThrow().state()).isEqualTo("subvolume is missing");
    memory.makeSubvolume(5);
    SubvolumeFacts unknown = facts(subvolume(5)).orElseThrow();
    assertThat(unknown.kind()).isNull();
    assertThat(unknown.object()).isEmpty();
    assertThat(facts("nowhere")).isEmpty();
    assertThat(facts(ID_2.replace("0001-11111111", "0002-11111111"))).isEmpty();
  }

  @Test
  void secrets_areNotShown() {
    memory.volume(1);
    memory.pool.update("csi.volume." + uuid(1), Map.of("rbd.csi.ceph.com/dek", "abc"));
    assertThat(facts("pvc-1").orElseThrow().keys())
        .containsEntry("rbd.csi.ceph.com/dek", "(hidden)");
  }
}
