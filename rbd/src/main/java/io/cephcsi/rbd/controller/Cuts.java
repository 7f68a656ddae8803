package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ImageSnapshot.Kind;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import java.time.Instant;
import java.util.List;

/**
 * Copies an image as it is at a moment: a snapshot of it, a clone of that, and the snapshot goes
 * again. It stays without its name until the clone is gone or flat. Every step can be repeated.
 */
final class Cuts {
  private final Flattener flattener;
  private final CloneLimits limits;

  Cuts(Flattener flattener, CloneLimits limits) {
    this.flattener = flattener;
    this.limits = limits;
  }

  /** Where a copy is made. */
  record Target(Pool pool, String image, ImageOptions options) {}

  /** Whose image is copied, for the background work that may follow. */
  record Source(String clusterId, Credentials credentials, Pool pool, String image) {}

  /**
   * Copies the source's image. The snapshot has the copy's name, by which this and ceph-csi find
   * what an interrupted call has left.
   *
   * @return the moment of the copy
   * @throws CsiException.ResourceExhausted when the source has too many snapshots
   */
  Instant copy(Source source, Target target) {
    try (Image image = source.pool().openImage(source.image())) {
      if (!Feature.LAYERING.in(image.features())) {
        throw new CsiException.InvalidArgument(
            "image %s has no feature layering, which snapshots and clones need"
                .formatted(source.image()));
      }
      requireRoom(source, image);
      Instant at = cut(image, target.image());
      try {
        cloneAnew(source.pool(), source.image(), target.image(), target);
      } catch (CephException e) {
        throw Undo.after(e, () -> remove(image, target.image()));
      }
      remove(image, target.image());
      return at;
    }
  }

  /** Clones a snapshot; an image that an interrupted call has left half-made is made anew. */
  static void cloneAnew(Pool pool, String parent, String snapshot, Target target) {
    try {
      target.pool().cloneImage(pool, parent, snapshot, target.image(), target.options());
    } catch (CephException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      target.pool().removeImage(target.image());
      target.pool().cloneImage(pool, parent, snapshot, target.image(), target.options());
    }
  }

  /** Makes the snapshot, unless it is there. */
  static void create(Image image, String name) {
    try {
      image.createSnapshot(name);
    } catch (CephException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
  }

  /** Makes the snapshot, or finds it; when it was cut. */
  private static Instant cut(Image image, String name) {
    create(image, name);
    return image.snapshots().stream()
        .filter(s -> s.kind() == Kind.USER && s.name().equals(name))
        .findFirst()
        .map(ImageSnapshot::createdAt)
        .orElseThrow(
            () -> // another process made it since the image was opened
            new CsiException.Aborted("snapshot " + name + " is just being made, ask again"));
  }

  /** Removes the snapshot, if it is there. */
  static void remove(Image image, String name) {
    try {
      image.removeSnapshot(name);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  private void requireRoom(Source source, Image image) {
    List<ImageSnapshot> snapshots = image.snapshots();
    int many = snapshots.size();
    if (many > limits.minSnapshots()) {
      snapshots.stream()
          .filter(s -> s.kind() == Kind.TRASH)
          .limit(many - limits.minSnapshots())
          .forEach(s -> flattenCloneOf(source, s));
    }
    if (many > limits.maxSnapshots()) {
      throw new CsiException.ResourceExhausted(
          "image %s has %d snapshots, more than --maxsnapshotsonimage %d; the clones that keep them are being flattened, ask again"
              .formatted(source.image(), many, limits.maxSnapshots()));
    }
  }

  /** The clone has the name that the snapshot had; one in another pool is left alone. */
  private void flattenCloneOf(Source source, ImageSnapshot snapshot) {
    source
        .pool()
        .imageId(snapshot.name())
        .ifPresent(id ->
            flattener.flatten(
                new Flattener.Clone(source.clusterId(), source.pool().id(), id),
                source.credentials()));
  }
}
