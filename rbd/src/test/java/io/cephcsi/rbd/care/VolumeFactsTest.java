package io.cephcsi.rbd.care;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.rbd.Fences;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeFactsTest {
  private final PoolInMemory memory = new PoolInMemory();

  @AfterEach
  void nothingOpen() {
    memory.close();
  }

  private Optional<VolumeFacts> find(String asked) {
    try (OpenPool place = memory.open()) {
      return VolumeFacts.of(place, "default", asked);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pvc-1",
        "csi-vol-11111111-2222-4333-8444-000000000001",
        "11111111-2222-4333-8444-000000000001",
        "0001-0003-one-0000000000000001-11111111-2222-4333-8444-000000000001",
        "one/rbd/csi-vol-11111111-2222-4333-8444-000000000001"
      })
  void volume_isFoundByWhateverNamesIt(String asked) {
    memory.volume(1);
    memory.volume(2);

    VolumeFacts facts = find(asked).orElseThrow();

    assertThat(facts.kind()).isEqualTo(JournalKind.VOLUMES);
    assertThat(facts.row().name()).isEqualTo("pvc-1");
    assertThat(facts.row().id()).isEqualTo(new VolumeId("one", 1, PoolInMemory.uuid(1)).text());
    assertThat(facts.row().sizeBytes()).isEqualTo(PoolInMemory.GIB);
    assertThat(facts.row().state()).isEmpty();
    assertThat(facts.directory()).isEqualTo(PoolInMemory.DIRECTORY);
    assertThat(facts.directoryKey()).isEqualTo("csi.volume.pvc-1");
    assertThat(facts.directoryValue()).isEqualTo(PoolInMemory.uuid(1));
    assertThat(facts.object()).isEqualTo("csi.volume." + PoolInMemory.uuid(1));
    assertThat(facts.keys()).containsEntry("csi.volname", "pvc-1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pvc-9",
        "one/other/csi-vol-11111111-2222-4333-8444-000000000001",
        "0001-0003-one-0000000000000007-11111111-2222-4333-8444-000000000001"
      })
  void whatIsNotInThePool_isNotFound(String asked) {
    memory.volume(1);
    assertThat(find(asked)).isEmpty();
  }

  @Test
  void openers_areToldWithTheirNodes() {
    memory.volume(1);
    String id = memory.pool.imageId(PoolInMemory.image(1)).orElseThrow();
    var image = memory.pool.stored(PoolInMemory.image(1)).orElseThrow();
    image.addWatcher("10.0.0.7:0/1");
    image.addWatcher("10.0.0.8:0/2");
    Fences.put(memory.pool, id, new Fences.Fence("node-a", "10.0.0.7:0/1"));

    assertThat(requireNonNull(find("pvc-1").orElseThrow().image()).openers())
        .containsExactly(
            new ImageFacts.Opener("10.0.0.7:0/1", "node-a"),
            new ImageFacts.Opener("10.0.0.8:0/2", ""));
  }

  @Test
  void secrets_areNeverShown() {
    memory.volume(1);
    memory.pool.update(
        "csi.volume." + PoolInMemory.uuid(1), Map.of("csi.volume.encryptionPassphrase", "hush"));
    memory.pool.changeImageMetadata(
        memory.pool.imageId(PoolInMemory.image(1)).orElseThrow(),
        Set.of(),
        Map.of("rbd.csi.ceph.com/dek", "hush"));

    VolumeFacts facts = find("pvc-1").orElseThrow();

    assertThat(facts.toString()).doesNotContain("hush").contains("rbd.csi.ceph.com/dek");
  }

  @Test
  void clones_areATreeFromTheFirstAncestorDown() {
    memory.volume(1);
    cut(1, "s");
    clone(1, "s", 2);
    cut(2, "t");
    clone(2, "t", 3);
    clone(1, "s", 4);
    memory.pool.trashMove(PoolInMemory.image(1), Duration.ZERO);

    CloneTree tree = requireNonNull(find(PoolInMemory.image(2)).orElseThrow().image()).clones();

    assertThat(tree.place()).isEqualTo("rbd/" + PoolInMemory.image(1));
    assertThat(tree.inTrash()).isTrue();
    assertThat(tree.clones()).hasSize(1);
    CloneTree asked = tree.clones().getFirst();
    assertThat(asked.asked()).isTrue();
    assertThat(asked.clones())
        .extracting(CloneTree::place)
        .containsExactly("rbd/" + PoolInMemory.image(3));
  }

  @Test
  void imageThatNoJournalKnows_isShownAsThat() {
    memory.pool.createImage("by-hand", PoolInMemory.GIB, ImageOptions.DEFAULT);
    VolumeFacts facts = find("by-hand").orElseThrow();
    assertThat(facts.kind()).isNull();
    assertThat(facts.row().state()).isEqualTo("in no journal");
    assertThat(facts.image()).isNotNull();
  }

  @Test
  void nameWithoutAnObject_isFoundAndSaysSo() {
    memory.key(1);
    VolumeFacts facts = find("pvc-1").orElseThrow();
    assertThat(facts.row().state()).isEqualTo("no journal object");
    assertThat(facts.image()).isNull();
  }

  private void cut(int n, String snapshot) {
    try (Image image = memory.pool.openImage(PoolInMemory.image(n))) {
      image.createSnapshot(snapshot);
    }
  }

  private void clone(int parent, String snapshot, int child) {
    memory.pool.cloneImage(
        memory.pool,
        PoolInMemory.image(parent),
        snapshot,
        PoolInMemory.image(child),
        ImageOptions.DEFAULT);
  }
}
