package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Extents;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ParentLink;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.rbd.Snapshot;
import io.cephcsi.rbd.Snapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The data of a snapshot: its image, which is never written, and below it what the image is a clone
 * of, opened for reading. Closing it closes all of them.
 */
final class SnapshotContent implements AutoCloseable {
  private final Snapshot snapshot;
  private final List<Layer> layers;

  /**
   * An image of the chain.
   *
   * @param endBytes what is seen of it from above ends here
   * @param parentNow what its header named as its parent when it was opened
   */
  private record Layer(Pool pool, Image image, long endBytes, Optional<ParentLink> parentNow)
      implements AutoCloseable {
    boolean hasItsParentStill() {
      return pool.imageParent(image.id()).equals(parentNow);
    }

    @Override
    public void close() {
      try (pool) {
        image.close();
      }
    }
  }

  private SnapshotContent(Snapshot snapshot, List<Layer> layers) {
    this.snapshot = snapshot;
    this.layers = layers;
  }

  /**
   * Opens a snapshot that stays open as long as this.
   *
   * @throws CsiException.NotFound when it is just being made or deleted
   */
  static SnapshotContent open(Snapshot snapshot) {
    List<Layer> layers = new ArrayList<>();
    var content = new SnapshotContent(snapshot, layers);
    try {
      content.openAll(snapshot.opened().cluster());
      return content;
    } catch (Throwable e) {
      content.close();
      throw e;
    }
  }

  private void openAll(Cluster cluster) {
    Pool own = snapshot.pool();
    boolean whole = !snapshot.entry().imageId().isEmpty();
    // By its name: that of a deleted one is gone while its id still leads to it in the trash.
    String imageId =
        own.imageId(snapshot.entry().imageName())
            .filter(_ -> whole)
            .orElseThrow(() -> Snapshots.missing(snapshot.id().text()));
    var place = new ParentLink(own.id(), own.namespace(), imageId, 0);
    Layer layer = add(cluster, place, Long.MAX_VALUE);
    for (var parent = layer.image().parentLink();
        parent.isPresent();
        parent = layer.image().parentLink()) {
      layer = add(cluster, parent.get(), Math.min(layer.endBytes(), layer.image().overlapBytes()));
      show(layer, parent.get().snapshotId());
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // closed with the list
  private Layer add(Cluster cluster, ParentLink place, long endBytes) {
    Pool pool = cluster.openPool(place.poolId(), place.namespace());
    try {
      // Before the image is opened, so that a flattening in between is noticed.
      Optional<ParentLink> parentNow = pool.imageParent(place.imageId());
      Image image = pool.openImageByIdReadOnly(place.imageId());
      layers.add(new Layer(pool, image, endBytes, parentNow));
    } catch (CephException e) {
      pool.close();
      throw told(e);
    }
    return layers.getLast();
  }

  private void show(Layer layer, long snapshotId) {
    try {
      layer.image().show(snapshotId);
    } catch (CephException e) {
      throw told(e);
    }
  }

  /** A parent that was there just now is gone. */
  private RuntimeException told(CephException e) {
    return e.errno() == Errno.ENOENT ? beingFlattened() : e;
  }

  long sizeBytes() {
    return image().sizeBytes();
  }

  /** The snapshot's own image, through which its data is read. */
  Image image() {
    return layers.getFirst().image();
  }

  /** The volume as it was, when the snapshot's image still hangs on it. */
  Optional<Image> volume() {
    return layers.size() > 1 ? Optional.of(layers.get(1).image()) : Optional.empty();
  }

  /** Which snapshot of which image the snapshot's image hangs on. */
  Optional<ParentLink> link() {
    return image().parentLink();
  }

  /** Where there is data, which may be zeros; everything else is zeros. */
  Extents allocated(long offset, long length) {
    Extents all = Extents.NONE;
    for (Layer layer : layers) {
      long seen = Math.min(length, layer.endBytes() - offset);
      all = all.and(layer.image().allocated(offset, seen));
    }
    return all.within(Extents.of(offset, sizeBytes() - offset));
  }

  /**
   * Call it when a part was read and before that is told. An image that is flattened lets its
   * parent go, whose snapshot then goes too; images opened before do not notice, and read from it
   * what was written later.
   *
   * @throws CsiException.Aborted when an image was flattened since this was opened
   */
  void requireUnchanged() {
    if (!layers.stream().allMatch(Layer::hasItsParentStill)) {
      throw beingFlattened();
    }
  }

  private CsiException beingFlattened() {
    return new CsiException.Aborted(
        "snapshot %s was flattened just now: ask again, from behind the last block on"
            .formatted(snapshot.id().text()));
  }

  @Override
  public void close() {
    layers.reversed().forEach(Layer::close);
  }
}
