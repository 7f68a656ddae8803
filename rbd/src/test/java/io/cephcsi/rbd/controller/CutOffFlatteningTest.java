package io.cephcsi.rbd.controller;

import static io.cephcsi.rbd.controller.Controller.copying;
import static io.cephcsi.rbd.controller.Controller.imageOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.MemoryPool;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver that was killed while librbd flattened, between its last two steps: the parent has let
 * the clone go, and the clone names the parent still.
 */
class CutOffFlatteningTest {
  @TempDir Path directory;
  private Controller controller;
  private String source;
  private String copy;

  @BeforeEach
  void start() throws Exception {
    controller = new Controller(directory);
    controller.resumeAfter = Duration.ZERO;
    source = controller.create("pvc-source").getVolume().getVolumeId();
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImage(imageOf(source))) {
      image.write(0, new byte[] {7});
    }
    copy = controller.create(copying("pvc-copy", source)).getVolumeId();
    try (MemoryPool pool = controller.pool()) {
      controller.journal.rememberFlattening(pool, pool.imageId(imageOf(copy)).orElseThrow());
    }
  }

  private void stopFlattening(boolean snapshotGone) {
    try (MemoryPool pool = controller.pool()) {
      pool.stored(imageOf(copy)).orElseThrow().stopFlattening(snapshotGone);
    }
  }

  @AfterEach
  void stop() {
    controller.close();
    controller.clusters.checkNothingOpen();
  }

  @Test
  void cloneThatNobodyCanOpen_isFinishedAndHasItsData() throws Exception {
    stopFlattening(true);
    try (MemoryPool pool = controller.pool()) {
      assertThatThrownBy(() -> pool.openImage(imageOf(copy)))
          .isInstanceOfSatisfying(
              CephException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    resume();

    byte[] data = new byte[1];
    try (MemoryPool pool = controller.pool();
        Image image = pool.openImage(imageOf(copy))) {
      image.read(0, data);
      assertThat(image.parentLink()).isEmpty();
    }
    assertThat(data).containsExactly(7);
  }

  /** Data that was not yet copied may be lost with it, and must not read as zeros. */
  @Test
  void cloneWhoseParentIsLost_isLeftAsItIs() throws Exception {
    stopFlattening(true);
    try (MemoryPool pool = controller.pool()) {
      pool.removeImage(imageOf(source));
    }

    controller.restart(new ControllerSettings(false, ""));
    controller.create("pvc-next");
    Thread.sleep(500);

    assertThat(flattenings()).isEqualTo(1);
    try (MemoryPool pool = controller.pool()) {
      assertThat(pool.imageParent(pool.imageId(imageOf(copy)).orElseThrow())).isPresent();
    }
  }

  /** Without it the clone could not be opened until its flattening is taken up. */
  @Test
  void snapshotThatTheCloneStillNames_keepsItsImage() throws Exception {
    stopFlattening(false);

    controller.delete(source);

    Controller.await(() -> controller.purges() == 1);
    try (MemoryPool pool = controller.pool();
        Image _ = pool.openImage(imageOf(copy))) {
      assertThat(pool.trashEntries()).isNotEmpty();
    }
    resume();
    controller.restart(new ControllerSettings(false, ""));
    controller.delete(copy);
    controller.delete(controller.create("pvc-next").getVolume().getVolumeId());
    controller.awaitNothingLeft();
  }

  private void resume() throws InterruptedException {
    controller.restart(new ControllerSettings(false, ""));
    controller.create("pvc-next");
    Controller.await(() -> flattenings() == 0);
  }

  private int flattenings() {
    try (MemoryPool pool = controller.pool()) {
      return controller.journal.flattenings(pool).size();
    }
  }
}
