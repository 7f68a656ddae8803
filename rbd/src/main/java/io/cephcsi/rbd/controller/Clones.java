package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.Making;
import io.cephcsi.csi.ContentSource;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.OwnSnapshot;
import io.cephcsi.rbd.Snapshot;
import io.cephcsi.rbd.Snapshots;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.VolumeHandle;
import io.cephcsi.rbd.Volumes;
import java.util.Optional;

/** Makes the images of volumes that begin as a copy of a snapshot or of another volume. */
final class Clones {
  private final Volumes volumes;
  private final Snapshots snapshots;
  private final Flattener flattener;
  private final Cuts cuts;
  private final CloneLimits limits;
  private final NameLocks names;

  Clones(
      Volumes volumes,
      Snapshots snapshots,
      Flattener flattener,
      CloneLimits limits,
      NameLocks names) {
    this.volumes = volumes;
    this.snapshots = snapshots;
    this.flattener = flattener;
    this.cuts = new Cuts(flattener, limits);
    this.limits = limits;
    this.names = names;
  }

  /**
   * Makes the image, with the size that the plan asks for.
   *
   * @param opened the pool of the new volume
   * @return its size
   * @throws CsiException.NotFound when the source is missing
   * @throws CsiException.OutOfRange when the source is larger than what is asked for
   * @throws CsiException.Aborted while the source is changed, or has to be flattened first
   */
  long make(OpenPool opened, VolumePlan plan, Making making, ContentSource source) {
    try (var _ = names.share(source.text());
        Origin origin = origin(opened, source)) {
      ImageOptions options = options(plan);
      Pool pool = opened.pool();
      var target = new Cuts.Target(pool, making.name(), options, () -> making.requireOurs(pool));
      long bytes = require(opened, origin, source, plan);
      long copied = copied(opened, origin, source, target, bytes);
      return grow(target, copied, plan.size().bytesForCopyOf(copied));
    }
  }

  private long copied(
      OpenPool opened, Origin origin, ContentSource source, Cuts.Target target, long bytes) {
    try {
      return switch (source) {
        case ContentSource.OfSnapshot _ -> restore(origin, target, bytes);
        case ContentSource.OfVolume _ -> copy(opened, origin, target);
      };
    } catch (CephException e) {
      // Another driver may have deleted it since it was looked at.
      boolean sourceGone =
          e.errno() == Errno.ENOENT && origin.pool().imageId(origin.image()).isEmpty();
      throw sourceGone ? missing(source) : e;
    }
  }

  /** The image that is copied, on the new volume's own connection: librbd clones within one. */
  private record Origin(String clusterId, Pool pool, String image) implements AutoCloseable {
    @Override
    public void close() {
      pool.close();
    }
  }

  private Origin origin(OpenPool opened, ContentSource source) {
    Credentials credentials = opened.credentials();
    return switch (source) {
      case ContentSource.OfSnapshot s -> {
        try (Snapshot snapshot = snapshots.require(s.text(), credentials)) {
          Encryption.requirePlain(s.text(), snapshot.entry().encrypted());
          yield origin(opened, snapshot.opened(), snapshot.entry().imageName());
        }
      }
      case ContentSource.OfVolume v -> {
        try (Volume volume = volumes.require(v.text(), credentials)) {
          Encryption.requirePlain(v.text(), volume.entry().encrypted());
          yield origin(opened, volume.opened(), volume.entry().imageName());
        }
      }
    };
  }

  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  private static Origin origin(OpenPool opened, OpenPool source, String image) {
    if (!source.cluster().fsid().equals(opened.cluster().fsid())) {
      throw new CsiException.InvalidArgument(
          "the source is in cluster %s, the new volume in cluster %s: a copy stays in its cluster, name the source's in the class"
              .formatted(source.config().clusterId(), opened.config().clusterId()));
    }
    Pool pool = opened.cluster().openPool(source.pool().id(), source.pool().namespace());
    return new Origin(source.config().clusterId(), pool, image);
  }

  private static ImageOptions options(VolumePlan plan) {
    ImageOptions options = plan.parameters().imageOptions();
    return options.features() == 0
        ? options
        : options.withFeatures(options.features() | Feature.LAYERING.bit());
  }

  /** What is made has the size of the snapshot's image, which nobody changes. */
  private static long restore(Origin origin, Cuts.Target target, long bytes) {
    Pool pool = origin.pool();
    String image = origin.image();
    try {
      Cuts.cloneAnew(pool, image, image, target);
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      OwnSnapshot.ensure(pool, image); // what follows CreateSnapshot's answer was cut off
      Cuts.cloneAnew(pool, image, image, target);
    }
    return bytes;
  }

  /** What is made has the size of the cut, which an interrupted call may have made long ago. */
  private long copy(OpenPool opened, Origin origin, Cuts.Target target) {
    String intermediate = IntermediateImage.of(target.image());
    boolean cephCsiWasAtIt = hasIntermediate(origin, target.pool(), intermediate);
    return cuts.copy(
            new Cuts.Source(
                origin.clusterId(),
                opened.credentials(),
                cephCsiWasAtIt ? target.pool() : origin.pool(),
                cephCsiWasAtIt ? intermediate : origin.image()),
            target)
        .sizeBytes();
  }

  /**
   * Whether ceph-csi was stopped behind its intermediate image, which can be copied then. It
   * removes the cut below the image when that is whole; with the cut still there, the image may be
   * empty, or not known to its parent, and goes.
   */
  private static boolean hasIntermediate(Origin origin, Pool pool, String intermediate) {
    Optional<String> id = pool.imageId(intermediate);
    if (id.isEmpty()) {
      return false;
    }
    if (id.flatMap(pool::imageHeader).isPresent() && !hasCut(origin, intermediate)) {
      return true;
    }
    if (removed(pool, intermediate)) {
      return false;
    }
    Cuts.forget(origin.pool(), origin.image(), intermediate);
    return true;
  }

  private static boolean hasCut(Origin origin, String snapshot) {
    try (Image image = origin.pool().openImageReadOnly(origin.image())) {
      return Cuts.has(image, snapshot);
    }
  }

  /** Not one that was cut itself, which happens when it is whole. */
  private static boolean removed(Pool pool, String image) {
    try {
      pool.removeImage(image);
      return true;
    } catch (CephException e) {
      if (e.errno() != Errno.ENOTEMPTY) {
        throw e;
      }
      return false;
    }
  }

  /**
   * Removes what a copy that is given up has left beside its own image, which is gone already: cuts
   * of the source, and ceph-csi's intermediate image.
   *
   * @throws CsiException.Aborted while the source is changed
   */
  void forget(OpenPool opened, VolumeEntry entry, ContentSource source) {
    if (source instanceof ContentSource.OfVolume(var text)) {
      forgetIntermediate(opened.pool(), entry.imageName());
      try (var _ = names.share(text)) {
        source(text, opened.credentials()).ifPresent(volume -> forgetCuts(volume, entry));
      }
    }
  }

  private Optional<Volume> source(String id, Credentials credentials) {
    try {
      return VolumeHandle.of(id).flatMap(handle -> volumes.open(handle, credentials));
    } catch (CsiException.InvalidArgument e) {
      return Optional.empty(); // in a cluster that nobody knows
    }
  }

  private static void forgetCuts(Volume opened, VolumeEntry entry) {
    try (Volume source = opened) {
      Cuts.forget(
          source.pool(),
          source.entry().imageName(),
          entry.imageName(),
          IntermediateImage.of(entry.imageName()));
    }
  }

  private static void forgetIntermediate(Pool pool, String imageName) {
    String intermediate = IntermediateImage.of(imageName);
    if (pool.imageId(intermediate).isEmpty()) {
      return;
    }
    Cuts.forget(pool, intermediate, imageName);
    try {
      pool.removeImage(intermediate);
    } catch (CephException e) {
      requireMissing(e);
    }
  }

  private static void requireMissing(CephException e) {
    if (e.errno() != Errno.ENOENT) {
      throw e;
    }
  }

  /** The size of the source's image, when it may be copied as the plan wants. */
  private long require(OpenPool opened, Origin origin, ContentSource source, VolumePlan plan) {
    Pool pool = origin.pool();
    // By its name: that of a deleted one is gone while its id still leads to it in the trash.
    Optional<String> id = pool.imageId(origin.image());
    ImageHeader header = id.flatMap(pool::imageHeader).orElseThrow(() -> missing(source));
    var _ = plan.size().bytesForCopyOf(header.sizeBytes());
    requireDepth(opened, origin, id.orElseThrow(), source);
    return header.sizeBytes();
  }

  private void requireDepth(OpenPool opened, Origin origin, String imageId, ContentSource source) {
    Pool pool = origin.pool();
    int depth = CloneDepth.of(opened.cluster(), pool, imageId) + 1;
    if (depth < Math.min(limits.softDepth(), limits.hardDepth())) {
      return;
    }
    flattener.flatten(origin.clusterId(), pool.id(), imageId, opened.credentials());
    if (depth >= limits.hardDepth()) {
      throw new CsiException.Aborted(
          "a copy of %s would have %d ancestors, --rbdhardmaxclonedepth is %d: the source is being flattened, ask again"
              .formatted(source.text(), depth, limits.hardDepth()));
    }
  }

  private static long grow(Cuts.Target target, long bytes, long wanted) {
    if (bytes < wanted) {
      try (Image image = target.pool().openImage(target.image())) {
        image.resize(wanted);
      }
    }
    return wanted;
  }

  private static CsiException missing(ContentSource source) {
    return switch (source) {
      case ContentSource.OfSnapshot s -> Snapshots.missing(s.text());
      case ContentSource.OfVolume v -> Volumes.missing(v.text());
    };
  }
}
