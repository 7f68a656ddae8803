package io.cephcsi.cephfs.care;

import static io.cephcsi.cephfs.care.FileSystemInMemory.GIB;
import static io.cephcsi.cephfs.care.FileSystemInMemory.VOLUMES;
import static io.cephcsi.cephfs.care.FileSystemInMemory.subvolume;
import static io.cephcsi.cephfs.care.FileSystemInMemory.uuid;
import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.csi.VolumeId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SubvolumeRowsTest {
  /** One of the volume, one of its snapshot, one of another volume, one of all. */
  private static final String SESSIONS =
      """
      [{"inst":"client.1 v1:10.0.0.1:0/1","client_metadata":{"root":"/volumes/csi/%1$s/9f1d"}},
       {"inst":"client.2 v1:10.0.0.2:0/1","client_metadata":{"root":"/volumes/csi/%1$s/.snap/s/9f1d"}},
       {"inst":"client.3 v1:10.0.0.3:0/1","client_metadata":{"root":"/volumes/csi/%1$sx/9f1d"}},
       {"inst":"client.4 v1:10.0.0.4:0/1","client_metadata":{"root":"/"}}]
      """
          .formatted(subvolume(1));

  private final FileSystemInMemory memory = new FileSystemInMemory();

  @AfterEach
  void nothingOpen() {
    memory.close();
  }

  private List<SubvolumeRow> rows(boolean used) {
    try (OpenFileSystem opened = memory.open()) {
      return SubvolumeRows.of(opened, "default", used, Progress.NONE);
    }
  }

  @Test
  void volume_isToldByTheJournal() {
    memory.cluster.onMetadataServerCommand(_ -> SESSIONS);
    memory.volume(1);
    memory.snapshot(3, 1);
    memory.snapshot(4, 1);

    SubvolumeRow row = rows(false).getFirst();

    assertThat(row.name()).isEqualTo("pvc-1");
    assertThat(row.id()).isEqualTo(new VolumeId("one", 1, uuid(1)).text());
    assertThat(row.fileSystem()).isEqualTo("cephfs");
    assertThat(row.group()).isEqualTo("csi");
    assertThat(row.subvolume()).isEqualTo(subvolume(1));
    assertThat(row.sizeBytes()).isEqualTo(GIB);
    assertThat(row.usedBytes()).isNull();
    assertThat(row.clients()).isEqualTo(1);
    assertThat(row.snapshots()).isEqualTo(2);
    assertThat(row.createdAt()).isNull();
    assertThat(row.state()).isEmpty();
  }

  @Test
  void manyVolumes_areOneQuestionToTheManager() {
    for (int n = 1; n <= 20; n++) {
      memory.volume(n);
    }
    int before = commands();
    assertThat(rows(false)).hasSize(20);
    assertThat(commands() - before).isEqualTo(1);
    assertThat(rows(true)).hasSize(20);
    assertThat(commands() - before).isEqualTo(1 + 21);
  }

  private int commands() {
    return (int)
        memory.cluster.operations().log().stream().filter(o -> o.startsWith("manager")).count();
  }

  @Test
  void used_isWhatTheManagerSays() {
    memory.volume(1);
    memory.manager.subvolume(subvolume(1)).orElseThrow().usedBytes = 7;
    SubvolumeRow row = rows(true).getFirst();
    assertThat(row.usedBytes()).isEqualTo(7);
    assertThat(row.sizeBytes()).isEqualTo(GIB);
    assertThat(row.createdAt()).isNotNull();
    assertThat(row.clients()).as("nobody tells").isNull();
  }

  @Test
  void whatIsNotSound_isTold() {
    memory.volume(1);
    memory.shown(2, 9);
    memory.key(3);
    memory.object(3, Map.of());
    memory.key(4);
    memory.pool.compareAndPut(VOLUMES, "csi.volume.pvc-5", "", "rubbish");
    memory.key(6);
    memory.object(6, Map.of("cephcsi.discarded", "true"));
    memory.key(7);
    memory.object(7, Map.of());
    var _ = memory.copy(7, 1);

    assertThat(rows(false))
        .extracting(SubvolumeRow::state)
        .containsExactly(
            "",
            "",
            "subvolume is missing",
            "no journal object",
            "unreadable name",
            "being deleted",
            "");
    assertThat(rows(true))
        .extracting(SubvolumeRow::state)
        .containsExactly(
            "",
            "",
            "subvolume is missing",
            "no journal object",
            "unreadable name",
            "being deleted",
            "a copy that is not complete");
  }
}
