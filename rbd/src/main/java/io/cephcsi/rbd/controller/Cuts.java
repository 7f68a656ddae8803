package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.ChildImage;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ImageSnapshot.Kind;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Making;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import io.cephcsi.rbd.AbandonedSnapshots;
import io.cephcsi.rbd.IntermediateImage;
import java.util.List;
import java.util.Optional;

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

  /**
   * Where a copy is made.
   *
   * @param stillOurs throws {@link CsiException.Aborted} when another process has taken over to
   *     make it; asked before anything of that name is removed
   */
  record Target(Pool pool, String image, ImageOptions options, Runnable stillOurs) {}

  /** Whose image is copied, for the background work that may follow. */
  record Source(String clusterId, Credentials credentials, Pool pool, String image) {}

  /**
   * Copies the source's image. The snapshot has the copy's name, by which this and ceph-csi find
   * what an interrupted call has left; such a call's snapshot is what is copied then.
   *
   * @return what was copied: its moment and its size
   * @throws CsiException.ResourceExhausted when the source has too many snapshots
   */
  ImageSnapshot copy(Source source, Target target) {
    try (Image image = source.pool().openImage(source.image())) {
      if (!Feature.LAYERING.in(image.features())) {
        throw new CsiException.InvalidArgument(
            "image %s has no feature layering, which snapshots and clones need: copy it to one that has it (rbd deep cp --image-feature), it cannot be enabled"
                .formatted(source.image()));
      }
      AbandonedSnapshots.remove(source.pool(), image);
      if (has(image, IntermediateImage.of(target.image()))) {
        remove(image, IntermediateImage.of(target.image())); // ceph-csi stopped behind its cut
      }
      requireRoom(source, image);
      ImageSnapshot cut = cut(image, target.image());
      try {
        cloneAnew(source.pool(), source.image(), target.image(), target);
      } catch (CephException e) {
        throw Undo.after(e, () -> remove(image, target.image()));
      }
      remove(image, target.image());
      return cut;
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
      target.stillOurs().run();
      removeHalf(target.pool(), target.image());
      target.pool().cloneImage(pool, parent, snapshot, target.image(), target.options());
    }
  }

  private static void removeHalf(Pool pool, String image) {
    try {
      pool.removeImage(image);
    } catch (CephException e) {
      throw e.errno() == Errno.EBUSY ? Making.elsewhere("image", image) : e;
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

  /** Makes the snapshot, or finds it. */
  private static ImageSnapshot cut(Image image, String name) {
    create(image, name);
    // Where it is not seen, another process made it since the image was opened.
    return named(image, name).orElseThrow(() -> elsewhere(name, image.id()));
  }

  /** What another process has made or removed meanwhile was looked for. */
  static CsiException.Aborted elsewhere(String snapshot, String imageId) {
    return new CsiException.Aborted(
        "snapshot %s of image %s is just being made or removed by another process: ask again"
            .formatted(snapshot, imageId));
  }

  /** Whether the image has a snapshot of that name; one that only clones keep has none any more. */
  static boolean has(Image image, String name) {
    return named(image, name).isPresent();
  }

  private static Optional<ImageSnapshot> named(Image image, String name) {
    return image.snapshots().stream()
        .filter(s -> s.kind() == Kind.USER && s.name().equals(name))
        .findFirst();
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

  /**
   * Removes those snapshots of an image, if they are there, and what removals that were cut off
   * have left of others; a missing image is fine.
   */
  static void forget(Pool pool, String image, String... snapshots) {
    try (Image open = pool.openImage(image)) {
      for (String snapshot : snapshots) {
        remove(open, snapshot);
      }
      AbandonedSnapshots.remove(pool, open);
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

  /** Most clones have the name that the snapshot had; the others are in other pools. */
  private void flattenCloneOf(Source source, ImageSnapshot snapshot) {
    Pool pool = source.pool();
    pool.imageId(snapshot.name())
        .map(id -> List.of(new ChildImage(pool.id(), pool.namespace(), id)))
        .orElseGet(() -> clonesOf(source, snapshot))
        .forEach(clone ->
            flattener.flatten(
                source.clusterId(), clone.poolId(), clone.imageId(), source.credentials()));
  }

  /** Of those in another RADOS namespace than the cluster's in config.json we know too little. */
  private static List<ChildImage> clonesOf(Source source, ImageSnapshot snapshot) {
    try (Image image = source.pool().openImageReadOnly(source.image())) {
      image.show(snapshot.id());
      return image.children().stream()
          .filter(clone -> clone.namespace().equals(source.pool().namespace()))
          .toList();
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      return List.of(); // the snapshot has just gone
    }
  }
}
