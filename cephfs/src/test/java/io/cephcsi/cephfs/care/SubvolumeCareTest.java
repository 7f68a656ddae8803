package io.cephcsi.cephfs.care;

import static io.cephcsi.cephfs.care.FileSystemInMemory.SNAPSHOTS;
import static io.cephcsi.cephfs.care.FileSystemInMemory.VOLUMES;
import static io.cephcsi.cephfs.care.FileSystemInMemory.snapshotId;
import static io.cephcsi.cephfs.care.FileSystemInMemory.subvolume;
import static io.cephcsi.cephfs.care.FileSystemInMemory.uuid;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.MemoryOperations;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.care.CareContract;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.Finding.Hold;
import io.cephcsi.cluster.care.Finding.Kind;
import io.cephcsi.cluster.care.JournalStep;
import io.cephcsi.cluster.care.Mending;
import io.cephcsi.cluster.care.Mending.Outcome;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.cluster.care.Step;
import io.cephcsi.journal.SnapshotReferences;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SubvolumeCareTest extends CareContract<FileSystemInMemory, OpenFileSystem> {
  private static final List<Class<? extends Step>> KINDS =
      Stream.concat(JournalStep.KINDS.stream(), SubvolumeStep.KINDS.stream()).toList();

  private final FileSystemInMemory memory = new FileSystemInMemory();

  @BeforeEach
  void nobodyMounts() {
    memory.cluster.onMetadataServerCommand(_ -> "[]");
  }

  @AfterEach
  void nothingOpen() {
    memory.close();
  }

  @Override
  protected FileSystemInMemory withVolume() {
    memory.volume(1);
    return memory;
  }

  @Override
  protected Map<String, Object> all() {
    return memory.all();
  }

  @Override
  @MustBeClosed
  protected OpenFileSystem open() {
    return memory.open();
  }

  @Override
  protected Mending mending(OpenFileSystem opened, Duration grace) {
    return SubvolumeCare.of(opened, grace, "default", Progress.NONE);
  }

  @Override
  protected List<Class<? extends Step>> steps() {
    return KINDS;
  }

  static Stream<Damage<FileSystemInMemory>> damages() {
    return Stream.of(
        new Damage<FileSystemInMemory>(
                "name that leads to rubbish",
                Kind.UNUSABLE_NAME,
                true,
                m -> m.pool.compareAndPut(VOLUMES, "csi.volume.pvc-2", "", "rubbish"))
            .withoutTime(),
        new Damage<FileSystemInMemory>(
                "name that leads to another's object",
                Kind.UNUSABLE_NAME,
                true,
                m -> m.pool.compareAndPut(VOLUMES, "csi.volume.pvc-2", "", uuid(1)))
            .withoutTime(),
        new Damage<FileSystemInMemory>(
                "directory key without object", Kind.KEY_WITHOUT_OBJECT, true, m -> m.key(2))
            .withoutTime(),
        new Damage<>(
            "directory key with an empty object",
            Kind.KEY_WITHOUT_OBJECT,
            true,
            m -> {
              m.key(2);
              m.pool.create("csi.volume." + uuid(2), Map.of());
            }),
        new Damage<>(
            "directory key without object, with its subvolume",
            Kind.KEY_WITHOUT_OBJECT,
            true,
            m -> {
              m.volume(2);
              m.pool.remove("csi.volume." + uuid(2));
            }),
        new Damage<>("orphan object", Kind.ORPHAN_OBJECT, true, m -> m.object(2, Map.of())),
        new Damage<>(
            "object and subvolume that lost their name",
            Kind.ORPHAN_OBJECT,
            true,
            m -> {
              m.volume(2);
              m.pool.removeKeys(VOLUMES, Set.of("csi.volume.pvc-2"));
            }),
        new Damage<>(
            "entry whose subvolume was never made",
            Kind.ENTRY_WITHOUT_SUBVOLUME,
            true,
            m -> {
              m.key(2);
              m.object(2, Map.of());
            }),
        new Damage<>(
            "entry whose subvolume is gone",
            Kind.ENTRY_WITHOUT_SUBVOLUME,
            true,
            m -> {
              m.volume(2);
              m.removeSubvolume(2);
            }),
        new Damage<>(
            "entry whose snapshot is gone",
            Kind.ENTRY_WITHOUT_SUBVOLUME,
            true,
            m -> {
              m.snapshot(3, 1);
              m.manager.subvolume(subvolume(1)).orElseThrow().snapshots.clear();
            }),
        new Damage<>(
            "snapshot that lost its name",
            Kind.ORPHAN_OBJECT,
            true,
            m -> {
              m.snapshot(3, 1);
              m.pool.removeKeys(SNAPSHOTS, Set.of("csi.snap.snapshot-3"));
            }),
        new Damage<>(
            "deleted snapshot that nobody shows any more",
            Kind.ORPHAN_OBJECT,
            false,
            m -> {
              m.cut(1, FileSystemInMemory.snapshot(3));
              m.snapshotObject(3, 1, Map.of("cephcsi.discarded", "true"));
            }),
        new Damage<>(
            "empty subvolume without entry",
            Kind.SUBVOLUME_WITHOUT_ENTRY,
            false,
            m -> m.makeSubvolume(2)),
        new Damage<>(
            "half-made clone",
            Kind.HALF_MADE_CLONE,
            false,
            m -> {
              m.copy(2, 1).state = "failed";
              m.key(2);
              m.object(2, Map.of());
            }),
        new Damage<FileSystemInMemory>(
                "half-made clone without entry",
                Kind.HALF_MADE_CLONE,
                false,
                m -> m.copy(2, 1).state = "canceled")
            .withoutTime(),
        new Damage<>(
            "tracker that counts a volume that is gone",
            Kind.STALE_TRACKER,
            true,
            m -> {
              m.snapshot(3, 1);
              m.shown(2, 3);
              m.pool.removeKeys(VOLUMES, Set.of("csi.volume.pvc-2"));
              m.pool.remove("csi.volume." + uuid(2));
            }),
        new Damage<>(
            "tracker of a snapshot that is gone",
            Kind.STALE_TRACKER,
            true,
            m -> new SnapshotReferences().add(m.pool, snapshotId(3), subvolume(2))));
  }

  @Test
  void soundFileSystem_hasNoFindings() {
    memory.volume(1);
    memory.volume(2);
    memory.snapshot(3, 1);
    memory.shown(4, 3);
    memory.snapshot(5, 2);
    memory.key(6);
    memory.object(6, Map.of());
    var _ = memory.copy(6, 1);
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  /** Its name is free, and it goes with the last volume that shows it. */
  @Test
  void deletedSnapshotThatIsStillShown_isAsItShouldBe() {
    memory.volume(1);
    memory.snapshot(3, 1);
    memory.shown(4, 3);
    memory.pool.removeKeys(SNAPSHOTS, Set.of("csi.snap.snapshot-3"));
    memory.pool.update("csi.snap." + uuid(3), Map.of("cephcsi.discarded", "true"));
    assertThat(new SnapshotReferences().removeSnapshot(memory.pool, snapshotId(3)))
        .isEqualTo(SnapshotReferences.Left.SOME);
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  /** Of a deleted volume with snapshots something of the subvolume stays. */
  @Test
  void snapshotsOfADeletedVolume_areAsTheyShouldBe() {
    memory.makeSubvolume(1);
    memory.snapshot(3, 1);
    memory.removeSubvolume(1);
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  /** Another id of the cluster has another group and the same journal. */
  @Test
  void subvolumeInAnotherGroup_isAsItShouldBe() {
    try (OpenFileSystem opened = memory.open()) {
      opened.subvolumes().in("other").create(subvolume(2), FileSystemInMemory.GIB, "");
      opened.subvolumes().in("other").cut(subvolume(2), FileSystemInMemory.snapshot(3));
    }
    memory.key(2);
    memory.object(2, Map.of("cephcsi.bytes", "1073741824"));
    memory.pool.compareAndPut(SNAPSHOTS, "csi.snap.snapshot-3", "", uuid(3));
    memory.snapshotObject(3, 2, Map.of());
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  /** Another id of the cluster has a journal of its own and the same group. */
  @Test
  void subvolumeOfAnotherJournal_isAsItShouldBe() {
    memory.makeSubvolume(2);
    try (MemoryPool other = memory.cluster.pool("cephfs_metadata", "other")) {
      other.create("csi.volume." + uuid(2), Map.of("csi.volname", "pvc-2"));
    }
    assertThat(findings(Duration.ZERO)).isEmpty();
  }

  @Test
  void subvolumeWithDataAndNoEntry_isForAPersonToDecide() {
    memory.makeSubvolume(2).usedBytes = 7;
    Finding finding = findings(Duration.ZERO).getFirst();
    assertThat(finding.kind()).isEqualTo(Kind.SUBVOLUME_WITHOUT_ENTRY);
    assertThat(finding.hold()).isEqualTo(Hold.BY_HAND);
    assertThat(finding.cause()).contains("7 bytes").contains("/volumes/csi/" + subvolume(2));
  }

  @Test
  void emptySubvolumeThatIsMounted_isLeftAlone() {
    memory.makeSubvolume(2);
    mount(2);
    Finding finding = findings(Duration.ZERO).getFirst();
    assertThat(finding.kind()).isEqualTo(Kind.SUBVOLUME_WITHOUT_ENTRY);
    assertThat(finding.hold()).isEqualTo(Hold.IN_USE);
    assertThat(finding.mendable()).isFalse();
  }

  @Test
  void emptySubvolumeThatIsMountedMeanwhile_isLeftAlone() {
    memory.makeSubvolume(2);
    try (OpenFileSystem opened = memory.open()) {
      Mending mending = mending(opened, Duration.ZERO);
      mount(2);
      assertThat(mending.mend(mending.findings().getFirst(), backup::add))
          .isInstanceOf(Outcome.Changed.class);
    }
    assertThat(memory.manager.subvolume(subvolume(2))).isPresent();
  }

  private void mount(int n) {
    String sessions =
        "[{\"inst\":\"client.7 v1:10.0.0.7:0/1\",\"client_metadata\":{\"root\":\"%s\"}}]"
            .formatted(path(n));
    memory.cluster.onMetadataServerCommand(_ -> sessions);
  }

  private String path(int n) {
    try (OpenFileSystem opened = memory.open()) {
      return opened.subvolumes().path(subvolume(n)).orElseThrow();
    }
  }

  @Test
  void emptySubvolumeOfWhichNobodyTellsWhoHasItMounted_isForAPersonToDecide() {
    memory.makeSubvolume(2);
    memory.cluster.onMetadataServerCommand(json -> {
      throw new CephException(Errno.EACCES, json);
    });
    Finding finding = findings(Duration.ZERO).getFirst();
    assertThat(finding.hold()).isEqualTo(Hold.BY_HAND);
    assertThat(finding.cause()).contains("it is empty").contains("mds 'allow *'");
  }

  @Test
  void emptySubvolumes_howeverMany_askTheMetadataServerOnce() {
    for (int n = 2; n < 6; n++) {
      memory.makeSubvolume(n);
    }
    var asked = new AtomicInteger();
    memory.cluster.onMetadataServerCommand(json -> {
      asked.incrementAndGet();
      throw new CephException(Errno.ETIMEDOUT, json);
    });
    assertThat(findings(Duration.ZERO)).hasSize(4).allMatch(f -> f.hold() == Hold.BY_HAND);
    assertThat(asked).hasValue(1);
  }

  @Test
  void subvolumeThatGetsDataMeanwhile_isLeftAlone() {
    memory.makeSubvolume(2);
    try (OpenFileSystem opened = memory.open()) {
      Mending mending = mending(opened, Duration.ZERO);
      memory.manager.subvolume(subvolume(2)).orElseThrow().usedBytes = 7;
      assertThat(mending.mend(mending.findings().getFirst(), backup::add))
          .isInstanceOf(Outcome.Changed.class);
    }
    assertThat(memory.manager.subvolume(subvolume(2))).isPresent();
    assertThat(backup).isEmpty();
  }

  @Test
  void controllerThatGoesOnMeanwhile_isNotDisturbed() {
    memory.key(2);
    memory.object(2, Map.of());
    try (OpenFileSystem opened = memory.open()) {
      Mending mending = mending(opened, Duration.ZERO);
      memory.makeSubvolume(2);
      assertThat(mending.mend(mending.findings().getFirst(), backup::add))
          .isInstanceOf(Outcome.Changed.class);
    }
    assertThat(memory.pool.list(VOLUMES, "", 9)).containsKey("csi.volume.pvc-2");
  }

  @Test
  void crashAnywhere_isMendedByTheNextRun() {
    memory.volume(1);
    for (int n = 1; ; n++) {
      memory.copy(2, 1).state = "failed";
      memory.key(2);
      memory.object(2, Map.of());
      Finding found = findings(Duration.ZERO).getFirst();
      memory.cluster.operations().crashBefore(n);
      boolean crashed = false;
      try {
        mend(found);
      } catch (MemoryOperations.Crash e) {
        crashed = true;
      }
      var _ = memory.cluster.operations().restart();
      for (Finding finding : findings(Duration.ZERO)) {
        assertThat(mend(finding)).isInstanceOf(Outcome.Mended.class);
      }
      assertThat(findings(Duration.ZERO)).isEmpty();
      if (!crashed) {
        return;
      }
      memory.manager.subvolume(subvolume(1)).orElseThrow().snapshots.clear();
    }
  }

  @Test
  void deletedSnapshotThatNobodyShows_isRemovedFromItsSubvolume() {
    memory.volume(1);
    memory.cut(1, FileSystemInMemory.snapshot(3));
    memory.snapshotObject(3, 1, Map.of("cephcsi.discarded", "true"));
    assertThat(mend(findings(Duration.ZERO).getFirst())).isInstanceOf(Outcome.Mended.class);
    assertThat(memory.manager.subvolume(subvolume(1)).orElseThrow().snapshots).isEmpty();
  }
}
