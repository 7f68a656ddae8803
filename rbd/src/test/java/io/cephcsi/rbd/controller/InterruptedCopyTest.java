package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.GIB;
import static io.cephcsi.rbd.controller.Controller.copying;
import static io.cephcsi.rbd.controller.Controller.imageOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.CapacityRange;
import csi.v1.Volume;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.MemoryPool;
import io.cephcsi.ceph.SnapshotHeader;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.AbandonedSnapshots;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of volumes that this driver or ceph-csi was stopped amid, and what is made of them. */
class InterruptedCopyTest {
  private static final String UUID = "b0285c97-a0ce-11eb-8c66-0242ac110002";
  private static final String COPY = "csi-vol-" + UUID;
  private static final String TEMP = COPY + "-temp";

  @TempDir Path directory;
  private Controller controller;
  private String source;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    source = controller.create("pvc-source").getVolume().getVolumeId();
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  /** The name {@code pvc-copy} owns a UUID, and there is no image. */
  private void reservedByCephCsi() {
    try (MemoryPool pool = controller.pool()) {
      var _ =
          pool.create(
              "csi.volume." + UUID, Map.of("csi.volname", "pvc-copy", "csi.imagename", COPY));
      var _ = pool.compareAndPut("csi.volumes.default", "csi.volume.pvc-copy", "", UUID);
    }
  }

  private void cut(String image, String snapshot) {
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(image)) {
      open.createSnapshot(snapshot);
    }
  }

  private void write(String image, byte... data) {
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(image)) {
      open.write(0, data);
    }
  }

  private byte[] read(String image, int bytes) {
    byte[] data = new byte[bytes];
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImageReadOnly(image)) {
      open.read(0, data);
    }
    return data;
  }

  private List<String> namedSnapshots(String image) {
    try (MemoryPool pool = controller.pool()) {
      return pool.stored(image).orElseThrow().snapshots().stream()
          .filter(s -> s.kind() == ImageSnapshot.Kind.USER)
          .map(ImageSnapshot::name)
          .toList();
    }
  }

  private void deleteAll(String copy) throws InterruptedException {
    controller.delete(copy);
    assertThat(namedSnapshots(imageOf(source))).isEmpty();
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  /** Stopped inside the clone: a header of its own is there, and no parent yet. */
  @Test
  void intermediateWithoutParentYet_isNotTakenForTheWholeCopy() throws Exception {
    write(imageOf(source), (byte) 7);
    reservedByCephCsi();
    cut(imageOf(source), TEMP);
    try (MemoryPool pool = controller.pool()) {
      pool.createImage(TEMP, GIB, ImageOptions.DEFAULT);
    }

    String copy = controller.create(copying("pvc-copy", source)).getVolumeId();

    assertThat(read(imageOf(copy), 1)).containsExactly(7);
    deleteAll(copy);
  }

  @Test
  void intermediateWithoutHeaderYet_isRemoved() throws Exception {
    write(imageOf(source), (byte) 7);
    reservedByCephCsi();
    cut(imageOf(source), TEMP);
    try (MemoryPool pool = controller.pool()) {
      pool.createImage(TEMP, GIB, ImageOptions.DEFAULT);
      pool.loseHeader(TEMP);
    }

    String copy = controller.create(copying("pvc-copy", source)).getVolumeId();

    assertThat(read(imageOf(copy), 1)).containsExactly(7);
    deleteAll(copy);
  }

  /** Nobody else copies that cut any more, and its source may live for ever. */
  @Test
  void cutWithoutIntermediate_leavesTheLiveSource() throws Exception {
    reservedByCephCsi();
    cut(imageOf(source), TEMP);

    String copy = controller.create(copying("pvc-copy", source)).getVolumeId();

    assertThat(namedSnapshots(imageOf(source))).isEmpty();
    deleteAll(copy);
  }

  /** Stopped when it took back a copy that had failed: the cut has lost its name, and stays. */
  private void abandonedCut(String snapshot) {
    cut(imageOf(source), snapshot);
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(imageOf(source))) {
      pool.takeSnapshotName(open.id(), open.snapshots().getLast().id());
    }
    assertThat(snapshots()).anyMatch(SnapshotHeader::abandoned);
  }

  private List<SnapshotHeader> snapshots() {
    try (MemoryPool pool = controller.pool()) {
      String id = pool.imageId(imageOf(source)).orElseThrow();
      return pool.snapshotHeaders(id, pool.imageState(id).orElseThrow().snapshots());
    }
  }

  @Test
  void cutThatLostItsName_leavesTheLiveSourceWithTheNextCopy() throws Exception {
    reservedByCephCsi();
    abandonedCut(COPY);

    String copy = controller.create(copying("pvc-copy", source)).getVolumeId();

    assertThat(snapshots()).singleElement().satisfies(s -> assertThat(s.clones()).isEqualTo(1));
    deleteAll(copy);
  }

  @Test
  void cutThatLostItsName_leavesTheLiveSourceWithTheNextSnapshot() {
    abandonedCut("csi-snap-" + UUID);

    controller.snapshot("snapshot-1", source);

    assertThat(snapshots()).singleElement().satisfies(s -> assertThat(s.clones()).isEqualTo(1));
  }

  @Test
  void cutThatLostItsName_leavesTheLiveSourceWhenTheCopyIsRefused() throws Exception {
    controller.expand(source, 2 * GIB);
    reservedByCephCsi();
    abandonedCut(COPY);

    assertThatThrownBy(() -> controller.create(copying("pvc-copy", source)))
        .isInstanceOf(CsiException.OutOfRange.class);

    assertThat(snapshots()).isEmpty();
  }

  /** A flattening that was stopped has told the source, and not yet its own image. */
  @Test
  void cutThatItsCopyStillHasAsParent_isLeftAlone() {
    reservedByCephCsi();
    cut(imageOf(source), COPY);
    try (MemoryPool pool = controller.pool()) {
      pool.cloneImage(pool, imageOf(source), COPY, COPY, ImageOptions.DEFAULT);
      var header = new SnapshotHeader(nameless(snapshots().getFirst().snapshot()), 0);
      assertThat(AbandonedSnapshots.isOf(pool, header)).isFalse();
      pool.removeImage(COPY);
      assertThat(AbandonedSnapshots.isOf(pool, header)).isTrue();
    }
  }

  private static ImageSnapshot nameless(ImageSnapshot snapshot) {
    return new ImageSnapshot(
        snapshot.id(),
        snapshot.name(),
        snapshot.sizeBytes(),
        ImageSnapshot.Kind.TRASH,
        snapshot.createdAt());
  }

  @Test
  void intermediateThatWasFlattened_isStillTheCopy() throws Exception {
    write(imageOf(source), (byte) 7);
    reservedByCephCsi();
    cut(imageOf(source), TEMP);
    try (MemoryPool pool = controller.pool();
        Image open = pool.openImage(imageOf(source))) {
      pool.cloneImage(pool, imageOf(source), TEMP, TEMP, ImageOptions.DEFAULT);
      open.removeSnapshot(TEMP);
      try (Image temp = pool.openImage(TEMP)) {
        temp.flatten();
      }
    }
    write(imageOf(source), (byte) 8); // after the moment of the copy

    String copy = controller.create(copying("pvc-copy", source)).getVolumeId();

    assertThat(read(imageOf(copy), 1)).containsExactly(7);
    deleteAll(copy);
  }

  @Test
  void sourceGrewSinceTheCut_copyHasTheSizeThatIsAnswered() throws Exception {
    reservedByCephCsi();
    cut(imageOf(source), COPY);
    controller.expand(source, 2 * GIB);

    var asked = copying("pvc-copy", source).setCapacityRange(bytes(2 * GIB));
    Volume copy = controller.create(asked);

    assertThat(copy.getCapacityBytes()).isEqualTo(2 * GIB);
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.stored(COPY).orElseThrow().sizeBytes()).isEqualTo(2 * GIB);
    }
    deleteAll(copy.getVolumeId());
  }

  @Test
  void sourceGrewSinceTheCut_copyWithoutAWishedSizeTellsItsOwn() throws Exception {
    reservedByCephCsi();
    cut(imageOf(source), COPY);
    controller.expand(source, 2 * GIB);

    Volume copy = controller.create(copying("pvc-copy", source).clearCapacityRange());

    assertThat(copy.getCapacityBytes()).isEqualTo(GIB);
    deleteAll(copy.getVolumeId());
  }

  /** A refusal that lasts ends the provisioner's interest: nobody deletes what it never got. */
  @Test
  void interruptedThenRefused_leavesNothing() throws Exception {
    controller.expand(source, 2 * GIB);
    reservedByCephCsi();
    cut(imageOf(source), COPY);
    cut(imageOf(source), TEMP);
    try (MemoryPool pool = controller.pool()) {
      pool.cloneImage(pool, imageOf(source), TEMP, TEMP, ImageOptions.DEFAULT);
      try (Image temp = pool.openImage(TEMP)) {
        temp.createSnapshot(COPY);
      }
      pool.cloneImage(pool, TEMP, COPY, COPY, ImageOptions.DEFAULT);
    }

    assertThatThrownBy(() -> controller.create(copying("pvc-copy", source)))
        .isInstanceOf(CsiException.OutOfRange.class);

    assertThat(namedSnapshots(imageOf(source))).isEmpty();
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  @Test
  void interruptedThenSourceGone_leavesNothing() throws Exception {
    reservedByCephCsi();
    try (MemoryPool pool = controller.pool()) {
      pool.createImage(TEMP, GIB, ImageOptions.DEFAULT);
    }
    controller.delete(source);

    assertThatThrownBy(() -> controller.create(copying("pvc-copy", source)))
        .isInstanceOf(CsiException.NotFound.class);

    controller.awaitNothingLeft();
  }

  /** The cut is there when the pool turns out to be full, or may not be written. */
  @Test
  void poolFullOrReadOnlyAtAnyWrite_leavesNothing() throws Exception {
    for (int errno : new int[] {Errno.ENOSPC, Errno.EDQUOT, Errno.EPERM}) {
      for (int n = 1; fails(n, errno); n++) {
        assertThat(namedSnapshots(imageOf(source))).isEmpty();
      }
    }
    controller.delete(source);
    controller.awaitNothingLeft();
  }

  private boolean isPurged() {
    try (MemoryPool pool = controller.pool()) {
      return pool.list("csi.volumes.default", "", 100).keySet().stream()
          .noneMatch(key -> key.startsWith("cephcsi."));
    }
  }

  private boolean fails(int n, int errno) throws InterruptedException {
    controller.cluster.operations().failBefore(n, errno);
    try {
      String copy = controller.create(copying("pvc-copy", source)).getVolumeId();
      boolean missed = controller.cluster.operations().pending();
      controller.cluster.operations().restart();
      controller.delete(copy);
      Controller.await(this::isPurged); // or its writes would be counted with the next call's
      return !missed;
    } catch (CephException | CsiException e) {
      return true;
    }
  }

  private static CapacityRange bytes(long bytes) {
    return CapacityRange.newBuilder().setRequiredBytes(bytes).build();
  }
}
