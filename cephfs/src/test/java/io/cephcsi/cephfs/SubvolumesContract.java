package io.cephcsi.cephfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.csi.CsiException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the manager's module volumes must give, whether a real one or one in memory. */
abstract class SubvolumesContract {
  private static final long GIB = 1L << 30;
  private static final Duration TEN = Duration.ofSeconds(10);

  private final String name = "csi-vol-" + UUID.randomUUID();
  private final String other = "csi-vol-" + UUID.randomUUID();
  private final FileSystemMaps maps = new FileSystemMaps();
  private Subvolumes subvolumes;

  /** A cluster with a filesystem {@code cephfs}. */
  abstract Cluster cluster();

  @BeforeEach
  void open() {
    subvolumes = in("csi");
  }

  private Subvolumes in(String group) {
    FileSystem fs = maps.named(cluster(), "cephfs").orElseThrow();
    return new Subvolumes(cluster(), fs, group, maps);
  }

  private Subvolume.Live live(String subvolume) {
    return (Subvolume.Live) subvolumes.find(subvolume).orElseThrow();
  }

  private void awaitClone(String clone) throws InterruptedException {
    awaitClone(subvolumes, clone);
  }

  private static void awaitClone(Subvolumes among, String clone) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (among.cloneState(clone).orElseThrow() instanceof CloneState.Running) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(100);
    }
  }

  @Test
  void fileSystems_areFoundByNameAndId() {
    FileSystem fs = maps.named(cluster(), "cephfs").orElseThrow();
    assertThat(maps.of(cluster(), fs.id())).contains(fs);
    assertThat(fs.active()).isTrue();
    assertThat(cluster().poolName(fs.metadataPoolId())).contains("cephfs_metadata");
    assertThat(cluster().poolName(fs.dataPoolIds().getFirst())).contains("cephfs_data");
    assertThat(maps.named(cluster(), "nowhere")).isEmpty();
    assertThat(maps.of(cluster(), 4711)).isEmpty();
  }

  @Test
  void create_groupMissing_makesIt() {
    Subvolumes fresh = in("group-" + UUID.randomUUID());
    assertThat(fresh.find(name)).isEmpty();
    assertThat(fresh.groups()).doesNotContain(fresh.group());
    fresh.create(name, GIB, "");
    assertThat(fresh.groups()).contains(fresh.group()).doesNotContain("");
    assertThat(fresh.path(name).orElseThrow()).startsWith(fresh.directory(name) + "/");
  }

  @Test
  void create_noGroup_isFound() {
    Subvolumes none = in("");
    none.create(name, GIB, "");
    assertThat(none.path(name).orElseThrow()).startsWith("/volumes/_nogroup/" + name + "/");
    none.remove(name);
    assertThat(none.find(name)).isEmpty();
  }

  @Test
  void create_tellsPathAndQuota() {
    subvolumes.create(name, GIB, "");
    Subvolume.Live made = live(name);
    assertThat(made.path()).matches("/volumes/csi/" + name + "/[0-9a-f-]{36}");
    assertThat(subvolumes.path(name)).contains(made.path());
    assertThat(made.quotaBytes()).isEqualTo(GIB);
    assertThat(made.usedBytes()).isZero();
    assertThat(made.dataPool()).isEqualTo("cephfs_data");
    assertThat(made.createdAt())
        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
  }

  @Test
  void create_withoutQuota_hasNone() {
    subvolumes.create(name, 0, "cephfs_data");
    assertThat(live(name).quotaBytes()).isZero();
  }

  @Test
  void create_again_setsTheQuota() {
    subvolumes.create(name, GIB, "");
    String path = live(name).path();
    subvolumes.create(name, 2 * GIB, "");
    assertThat(live(name).quotaBytes()).isEqualTo(2 * GIB);
    assertThat(live(name).path()).isEqualTo(path);
  }

  @Test
  void create_poolOfAnotherKind_isInvalidAndLeavesNothing() {
    assertThatThrownBy(() -> subvolumes.create(name, GIB, "no-such-pool"))
        .isInstanceOf(CsiException.InvalidArgument.class)
        .hasMessageContaining("no-such-pool")
        .hasMessageContaining("add_data_pool");
    assertThat(subvolumes.find(name)).isEmpty();
  }

  @Test
  void missingSubvolume_isNoError() {
    assertThat(subvolumes.find(name)).isEmpty();
    assertThat(subvolumes.path(name)).isEmpty();
    assertThat(subvolumes.resize(name, GIB)).isFalse();
    assertThat(subvolumes.cut(name, "s")).isFalse();
    assertThat(subvolumes.snapshot(name, "s")).isEmpty();
    assertThat(subvolumes.cloneState(name)).isEmpty();
    assertThat(subvolumes.cloneSnapshot(name, "s", other, "csi", "")).isFalse();
    assertThat(subvolumes.putMetadata(name, Map.of("k", "v"))).isFalse();
    subvolumes.remove(name);
    subvolumes.removeUnfinished(name);
    subvolumes.removeSnapshot(name, "s");
  }

  @Test
  void missingFileSystem_isTold() {
    var nowhere = new FileSystem("nowhere", 4711, 1, List.of(2L), true);
    var gone = new Subvolumes(cluster(), nowhere, "csi", maps);
    assertThatThrownBy(() -> gone.find(name))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("filesystem nowhere");
    assertThatThrownBy(() -> gone.remove(name)).isInstanceOf(CsiException.Unavailable.class);
    assertThatThrownBy(() -> gone.create(name, GIB, ""))
        .isInstanceOf(CsiException.Unavailable.class);
  }

  @Test
  void unservedFileSystem_isToldWithoutACommand() {
    FileSystem fs = maps.named(cluster(), "cephfs").orElseThrow();
    var unserved = new FileSystem("cephfs", fs.id(), fs.metadataPoolId(), fs.dataPoolIds(), false);
    assertThatThrownBy(() -> new Subvolumes(cluster(), unserved, "csi", maps).create(name, GIB, ""))
        .isInstanceOf(CsiException.Unavailable.class)
        .hasMessageContaining("cephfs has no active metadata server")
        .hasMessageContaining("ceph fs status cephfs");
    assertThat(subvolumes.find(name)).isEmpty();
  }

  @Test
  void names_areAllOfTheGroup() {
    subvolumes.create(name, GIB, "");
    subvolumes.create(other, GIB, "");
    subvolumes.cut(other, "s");
    subvolumes.remove(other);
    assertThat(subvolumes.names()).contains(name, other);
    assertThat(in("no-such-group").names()).isEmpty();
  }

  @Test
  void resize_setsTheQuota() {
    subvolumes.create(name, GIB, "");
    assertThat(subvolumes.resize(name, 3 * GIB)).isTrue();
    assertThat(live(name).quotaBytes()).isEqualTo(3 * GIB);
  }

  @Test
  void remove_withoutSnapshots_leavesNothing() {
    subvolumes.create(name, GIB, "");
    subvolumes.remove(name);
    assertThat(subvolumes.find(name)).isEmpty();
    assertThat(subvolumes.path(name)).isEmpty();
  }

  @Test
  void remove_withSnapshots_keepsThemUntilTheLastIsGone() {
    subvolumes.create(name, GIB, "");
    assertThat(subvolumes.cut(name, "s1")).isTrue();
    assertThat(subvolumes.cut(name, "s2")).isTrue();
    subvolumes.remove(name);
    assertThat(subvolumes.find(name)).contains(new Subvolume.Retained());
    assertThat(subvolumes.path(name)).isEmpty();
    assertThat(subvolumes.cut(name, "s3")).isFalse();
    subvolumes.remove(name);
    subvolumes.removeSnapshot(name, "s1");
    assertThat(subvolumes.find(name)).contains(new Subvolume.Retained());
    assertThat(subvolumes.snapshot(name, "s2")).isPresent();
    subvolumes.removeSnapshot(name, "s2");
    assertThat(subvolumes.find(name)).isEmpty();
  }

  @Test
  void cut_twice_isOneSnapshot() {
    subvolumes.create(name, GIB, "");
    assertThat(subvolumes.cut(name, "s")).isTrue();
    SubvolumeSnapshot cut = subvolumes.snapshot(name, "s").orElseThrow();
    assertThat(subvolumes.cut(name, "s")).isTrue();
    assertThat(subvolumes.snapshot(name, "s")).contains(cut);
    assertThat(cut.pendingClones()).isFalse();
    assertThat(cut.createdAt())
        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
    assertThat(subvolumes.snapshot(name, "other")).isEmpty();
    assertThat(subvolumes.snapshots(name)).containsExactly("s");
    assertThat(subvolumes.snapshots(other)).isEmpty();
  }

  @Test
  void removeSnapshot_twice_isNoError() {
    subvolumes.create(name, GIB, "");
    subvolumes.cut(name, "s");
    assertThat(subvolumes.removeSnapshot(name, "s")).isTrue();
    assertThat(subvolumes.removeSnapshot(name, "s")).isFalse();
    assertThat(subvolumes.snapshot(name, "s")).isEmpty();
    assertThat(live(name).quotaBytes()).isEqualTo(GIB);
  }

  @Test
  void clone_becomesCompleteAndHasTheQuota() throws InterruptedException {
    subvolumes.create(name, GIB, "");
    subvolumes.cut(name, "s");
    assertThat(subvolumes.cloneSnapshot(name, "s", other, "csi", "")).isTrue();
    assertThat(subvolumes.cloneSnapshot(name, "s", other, "csi", "")).isTrue();
    awaitClone(other);
    assertThat(subvolumes.cloneState(other)).contains(new CloneState.Complete());
    assertThat(live(other).quotaBytes()).isEqualTo(GIB);
    subvolumes.remove(other);
    assertThat(subvolumes.find(other)).isEmpty();
  }

  @Test
  void clone_ofARetainedSnapshot_works() throws InterruptedException {
    subvolumes.create(name, GIB, "");
    subvolumes.cut(name, "s");
    subvolumes.remove(name);
    assertThat(subvolumes.cloneSnapshot(name, "s", other, "csi", "cephfs_data")).isTrue();
    awaitClone(other);
    assertThat(live(other).quotaBytes()).isEqualTo(GIB);
  }

  @Test
  void clone_groupMissing_makesIt() throws InterruptedException {
    Subvolumes fresh = in("group-" + UUID.randomUUID());
    subvolumes.create(name, GIB, "");
    subvolumes.cut(name, "s");
    assertThat(subvolumes.cloneSnapshot(name, "no-such", other, fresh.group(), "")).isFalse();
    assertThat(fresh.groups()).doesNotContain(fresh.group());
    assertThat(subvolumes.cloneSnapshot(name, "s", other, fresh.group(), "")).isTrue();
    assertThat(fresh.groups()).contains(fresh.group());
    awaitClone(fresh, other);
    assertThat(fresh.path(other).orElseThrow()).startsWith(fresh.directory(other) + "/");
    fresh.remove(other);
  }

  @Test
  void clone_wrongPoolOrSnapshot_isToldAndLeavesNothing() {
    subvolumes.create(name, GIB, "");
    subvolumes.cut(name, "s");
    assertThatThrownBy(() -> subvolumes.cloneSnapshot(name, "s", other, "csi", "no-such-pool"))
        .isInstanceOf(CsiException.InvalidArgument.class);
    assertThat(subvolumes.cloneSnapshot(name, "no-such-snapshot", other, "csi", "")).isFalse();
    assertThat(subvolumes.find(other)).isEmpty();
  }

  @Test
  void cloneState_ofWhatIsNoClone_isComplete() {
    subvolumes.create(name, GIB, "");
    assertThat(subvolumes.cloneState(name)).contains(new CloneState.Complete());
  }

  @Test
  void runningClone_isNotReady_andCanBeRemoved() throws InterruptedException {
    subvolumes.create(name, GIB, "");
    subvolumes.cut(name, "s");
    makeClonesSlow();
    subvolumes.cloneSnapshot(name, "s", other, "csi", "");
    assertThat(subvolumes.find(other)).contains(new Subvolume.Unfinished());
    assertThat(subvolumes.cloneState(other))
        .containsInstanceOf(CloneState.Running.class)
        .get()
        .extracting("source")
        .isEqualTo(new CloneSource("csi", name, "s"));
    assertThat(subvolumes.path(other)).isEmpty();
    assertThatThrownBy(() -> subvolumes.removeSnapshot(name, "s"))
        .isInstanceOf(CsiException.FailedPrecondition.class)
        .hasMessageContaining("still being cloned");
    assertThatThrownBy(() -> subvolumes.resize(other, GIB))
        .isInstanceOf(CsiException.Aborted.class);
    assertThatThrownBy(() -> subvolumes.remove(other)).isInstanceOf(CsiException.Aborted.class);
    subvolumes.removeUnfinished(other);
    assertThat(subvolumes.find(other)).isEmpty();
    subvolumes.removeSnapshot(name, "s");
  }

  /** Lets clones from now on not be complete for some seconds. */
  abstract void makeClonesSlow();

  @Test
  void metadata_isSet() {
    subvolumes.create(name, GIB, "");
    subvolumes.cut(name, "s");
    assertThat(subvolumes.putMetadata(name, Map.of("csi.storage.k8s.io/pv/name", "pvc 1")))
        .isTrue();
    assertThat(subvolumes.putSnapshotMetadata(name, "s", Map.of("csi.ceph.com/cluster/name", "c")))
        .isTrue();
    assertThat(subvolumes.putMetadata(name, Map.of())).isTrue();
  }

  /** Whether the manager can quiesce subvolumes, as Ceph can since version 19. */
  abstract boolean quiesces();

  private static QuiesceSet settled(QuiesceSets sets, String id) throws InterruptedException {
    QuiesceSet set = sets.find(id).orElseThrow();
    for (int n = 0; set.settling() && n < 300; n++) {
      Thread.sleep(50);
      set = sets.find(id).orElseThrow();
    }
    return set;
  }

  private QuiesceSets withTwo() {
    assumeTrue(quiesces());
    subvolumes.create(name, GIB, "");
    subvolumes.create(other, GIB, "");
    return subvolumes.quiesceSets();
  }

  @Test
  void quiesce_untilReleased_letsBeCutAndTellsThatItLasted() throws InterruptedException {
    QuiesceSets sets = withTwo();
    assertThat(sets.find(name)).isEmpty();
    QuiesceSet begun = sets.begin(name, List.of(name, other), TEN, TEN).orElseThrow();
    assertThat(begun.settling() || begun.quiesced()).as("%s", begun).isTrue();
    QuiesceSet quiesced = settled(sets, name);
    assertThat(quiesced.quiesced()).as("%s", quiesced).isTrue();
    assertThat(subvolumes.cut(name, "s")).isTrue();
    assertThat(subvolumes.cut(other, "s")).isTrue();
    assertThat(sets.find(name)).contains(quiesced);
    assertThat(sets.release(name, quiesced.version() + 1)).isFalse();
    assertThat(sets.release(name, quiesced.version())).isTrue();
    assertThat(settled(sets, name).released()).isTrue();
    sets.cancel(name);
    assertThat(settled(sets, name).released()).isTrue();
  }

  @Test
  void quiesce_canceled_isNotReleasedAndCanBeginAgain() throws InterruptedException {
    QuiesceSets sets = withTwo();
    sets.begin(name, List.of(name, other), TEN, TEN);
    QuiesceSet quiesced = settled(sets, name);
    sets.cancel(name);
    assertThat(settled(sets, name).quiesced()).isFalse();
    assertThat(sets.release(name, quiesced.version())).isFalse();
    sets.begin(name, List.of(other), TEN, TEN);
    quiesced = settled(sets, name);
    assertThat(quiesced.quiesced()).as("%s", quiesced).isTrue();
    assertThat(sets.release(name, quiesced.version())).isTrue();
  }

  @Test
  void quiesce_expired_isNotReleased() throws InterruptedException {
    QuiesceSets sets = withTwo();
    sets.begin(name, List.of(name), TEN, Duration.ofSeconds(1));
    QuiesceSet quiesced = settled(sets, name);
    assertThat(quiesced.quiesced()).as("%s", quiesced).isTrue();
    Thread.sleep(1500);
    assertThat(sets.release(name, quiesced.version())).isFalse();
    QuiesceSet expired = sets.find(name).orElseThrow();
    assertThat(expired.quiesced() || expired.settling() || expired.released()).isFalse();
  }

  @Test
  void quiesce_whatIsNotThere_isTold() {
    QuiesceSets sets = withTwo();
    subvolumes.cut(other, "s");
    subvolumes.remove(other);
    assertThat(sets.begin(name, List.of(name, "nowhere"), TEN, TEN)).isEmpty();
    assertThat(sets.begin(name, List.of(name, other), TEN, TEN)).isEmpty();
    assertThat(sets.find(name)).isEmpty();
    assertThat(sets.release(name, 1)).isFalse();
    sets.cancel(name);
  }

  @Test
  void quiesce_olderCeph_namesTheVersionThatCan() {
    assumeFalse(quiesces());
    subvolumes.create(name, GIB, "");
    assertThatThrownBy(() -> subvolumes.quiesceSets().begin(name, List.of(name), TEN, TEN))
        .isInstanceOf(CsiException.Unimplemented.class)
        .hasMessageContaining("Ceph 19 or newer");
  }
}
