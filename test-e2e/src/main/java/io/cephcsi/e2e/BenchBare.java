package io.cephcsi.e2e;

import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.Pool;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The calls to librbd alone, by the driver's own bindings, on one connection of this process. */
final class BenchBare implements AutoCloseable {
  private static final ImageOptions LAYERING =
      new ImageOptions(Feature.LAYERING.bit(), "", 0, 0, 0);

  private static final String SNAPSHOT = "bench";
  private static final String CLONE = "-clone";
  private static final String DIRECTORY = "bench.directory";
  private static final String ENTRY = "bench.entry.";

  private final Map<String, String> ids = new ConcurrentHashMap<>();
  private final ConnectionPool connections = new ConnectionPool(ConnectionSettings.DEFAULT);
  private final Cluster cluster;
  private final String pool;

  @SuppressWarnings("MustBeClosedChecker") // closed in close()
  BenchBare(ThrowawayCeph ceph) throws IOException {
    cluster = connections.lend(ceph.monitors(), ceph.credentials());
    pool = ceph.pool();
  }

  /** C: {@code rbd_create4}, 1 GiB. */
  void create(String image) {
    try (Pool io = open()) {
      io.createImage(image, BenchDriver.GIB, LAYERING);
    }
  }

  /**
   * As {@link #create}, and the four operations that keep an entry of it as ceph-csi's journal
   * does, each when the one before is done: the object, the name, the look for the image's id, the
   * id.
   */
  void createWithEntry(String image) {
    try (Pool io = open()) {
      var _ = io.create(ENTRY + image, Map.of("csi.volname", image, "csi.imagename", image));
      var _ = io.compareAndPut(DIRECTORY, image, "", image);
      io.createImage(image, BenchDriver.GIB, LAYERING);
      String id = io.imageId(image).orElseThrow();
      var _ =
          io.compareAndUpdate(
              ENTRY + image, Map.of("csi.imageid", ""), Map.of("csi.imageid", id), Set.of());
    }
  }

  void removeWithEntry(String image) {
    try (Pool io = open()) {
      io.removeImage(image);
      var _ = io.compareAndRemoveKey(DIRECTORY, image, image);
      io.remove(ENTRY + image);
    }
  }

  /** C: {@code rbd_open}, {@code rbd_resize}, {@code rbd_close}. */
  void resize(String name, long bytes) {
    try (Pool io = open();
        Image image = io.openImage(name)) {
      image.resize(bytes);
    }
  }

  /** Finds the image's id, by which it is purged from the trash. */
  void remember(String image) {
    try (Pool io = open()) {
      ids.put(image, io.imageId(image).orElseThrow());
    }
  }

  /** C: {@code rbd_trash_move}. */
  void trashMove(String image) {
    try (Pool io = open()) {
      io.trashMove(image, Duration.ZERO);
    }
  }

  /** C: {@code rbd_trash_remove}. */
  void trashRemove(String image) {
    String id = ids.remove(image);
    try (Pool io = open()) {
      io.trashRemove(id == null ? "" : id);
    }
  }

  /** C: {@code rbd_open}, {@code rbd_snap_create}, {@code rbd_close}. */
  void snapshot(String name) {
    try (Pool io = open();
        Image image = io.openImage(name)) {
      image.createSnapshot(SNAPSHOT);
    }
  }

  /** C: {@code rbd_clone3} of the snapshot. */
  void cloneOf(String name) {
    try (Pool io = open()) {
      io.cloneImage(io, name, SNAPSHOT, name + CLONE, LAYERING);
    }
  }

  /**
   * As {@link #cloneOf}, of a snapshot of that clone: a snapshot's image is a clone itself, and
   * librbd opens the parents of an image that it clones.
   */
  void cloneOfClone(String name, int number) {
    try (Pool io = open()) {
      io.cloneImage(io, name + CLONE, SNAPSHOT, name + CLONE + number, LAYERING);
    }
  }

  /** Makes the snapshot that {@link #cloneOfClone} clones. */
  void snapshotClone(String name) {
    snapshot(name + CLONE);
  }

  /** Removes an image with its snapshot, the clone, and that one's. */
  void removeWithClones(String name, int many) {
    try (Pool io = open()) {
      for (int number = 0; number < many; number++) {
        io.removeImage(name + CLONE + number);
      }
      removeWithSnapshot(io, name + CLONE);
      removeWithSnapshot(io, name);
    }
  }

  private static void removeWithSnapshot(Pool io, String name) {
    try (Image image = io.openImage(name)) {
      image.removeSnapshot(SNAPSHOT);
    }
    io.removeImage(name);
  }

  void remove(String image) {
    try (Pool io = open()) {
      io.removeImage(image);
    }
  }

  boolean trashIsEmpty() {
    try (Pool io = open()) {
      return io.trashEntries().isEmpty();
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // its callers close it
  private Pool open() {
    return cluster.openPool(pool, "");
  }

  @Override
  public void close() {
    cluster.close();
    connections.close();
  }
}
