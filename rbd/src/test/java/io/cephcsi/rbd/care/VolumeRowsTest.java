package io.cephcsi.rbd.care;

import static io.cephcsi.rbd.care.PoolInMemory.DIRECTORY;
import static io.cephcsi.rbd.care.PoolInMemory.GIB;
import static io.cephcsi.rbd.care.PoolInMemory.image;
import static io.cephcsi.rbd.care.PoolInMemory.uuid;
import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.rbd.OpenPool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class VolumeRowsTest {
  private final PoolInMemory memory = new PoolInMemory();

  @AfterEach
  void nothingOpen() {
    memory.close();
  }

  private List<VolumeRow> rows(boolean used) {
    try (OpenPool place = memory.open()) {
      return VolumeRows.of(place, "default", used, Progress.NONE);
    }
  }

  @Test
  void soundVolume_isToldByItsHeader() {
    memory.volume(1);
    var stored = memory.pool.stored(image(1)).orElseThrow();
    stored.addWatcher("10.0.0.7:0/1");
    stored.addWatcher("10.0.0.8:0/2");
    cut("one");
    cut("two");
    cut("three");

    VolumeRow row = rows(false).getFirst();

    assertThat(row.name()).isEqualTo("pvc-1");
    assertThat(row.id()).isEqualTo(new VolumeId("one", 1, uuid(1)).text());
    assertThat(row.image()).isEqualTo(image(1));
    assertThat(row.imageId()).isEqualTo(memory.pool.imageId(image(1)).orElseThrow());
    assertThat(row.pool()).isEqualTo("rbd");
    assertThat(row.sizeBytes()).isEqualTo(GIB);
    assertThat(row.usedBytes()).isNull();
    assertThat(row.watchers()).isEqualTo(2);
    assertThat(row.snapshots()).isEqualTo(3);
    assertThat(row.createdAt()).isNotNull();
    assertThat(row.state()).isEmpty();
  }

  private void cut(String snapshot) {
    try (Image image = memory.pool.openImage(image(1))) {
      image.createSnapshot(snapshot);
    }
  }

  @Test
  void thousandVolumes_areAThousandRows() {
    for (int n = 1; n <= 1000; n++) {
      memory.volume(n);
    }
    assertThat(rows(false))
        .hasSize(1000)
        .allMatch(row -> row.state().isEmpty())
        .extracting(VolumeRow::id)
        .doesNotHaveDuplicates();
  }

  @Test
  void used_isWhatWasWritten() {
    memory.volume(1);
    memory.volume(2);
    try (Image image = memory.pool.openImage(image(2))) {
      image.write(0, new byte[8192]);
    }
    memory.key(3);
    assertThat(rows(true)).extracting(VolumeRow::usedBytes).containsExactly(0L, 8192L, null);
  }

  static Stream<Arguments> states() {
    return Stream.of(
        state(
            "no image",
            m -> {
              m.volume(2);
              m.pool.removeImage(image(2));
            }),
        state(
            "no image yet",
            m -> {
              m.key(2);
              m.object(2, Map.of());
            }),
        state(
            "in the trash",
            m -> {
              m.volume(2);
              m.pool.trashMove(image(2), Duration.ZERO);
            }),
        state(
            "half-made image",
            m -> {
              m.volume(2);
              m.pool.loseHeader(image(2));
            }),
        state(
            "being made",
            m -> {
              m.pool.createImage(image(2), GIB, ImageOptions.DEFAULT);
              m.key(2);
              m.object(2, Map.of());
            }),
        state("no journal object", m -> m.key(2)),
        state(
            "unreadable name",
            m -> m.pool.compareAndPut(DIRECTORY, "csi.volume.pvc-2", "", "rubbish")),
        state(
            "in another pool",
            m ->
                m.pool.compareAndPut(
                    DIRECTORY, "csi.volume.pvc-2", "", "0000000000000063/" + uuid(2))));
  }

  private static Arguments state(String state, Consumer<PoolInMemory> make) {
    return Arguments.of(state, make);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("states")
  void volumeThatIsNotSound_saysSo(String state, Consumer<PoolInMemory> make) {
    memory.volume(1);
    make.accept(memory);
    for (boolean used : List.of(false, true)) {
      assertThat(rows(used)).extracting(VolumeRow::name).containsExactly("pvc-1", "pvc-2");
      assertThat(rows(used)).extracting(VolumeRow::state).containsExactly("", state);
    }
  }
}
