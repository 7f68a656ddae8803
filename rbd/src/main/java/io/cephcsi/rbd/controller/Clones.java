package io.cephcsi.rbd.controller;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.ClusterConfig;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Snapshots;
import io.cephcsi.rbd.Volumes;
import java.util.Optional;

/** Makes the images of volumes that begin as a copy of a snapshot or of another volume. */
final class Clones {
  private final Pools pools;
  private final VolumeJournal volumes;
  private final SnapshotJournal snapshots;
  private final Flattener flattener;
  private final Cuts cuts;
  private final CloneLimits limits;
  private final NameLocks names;

  Clones(
      Pools pools,
      VolumeJournal volumes,
      SnapshotJournal snapshots,
      Flattener flattener,
      CloneLimits limits,
      NameLocks names) {
    this.pools = pools;
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
  long make(OpenPool opened, VolumePlan plan, VolumeEntry entry, ContentSource source) {
    try (var _ = names.share(source.text());
        Pool pool = pool(opened, source)) {
      ImageOptions options = options(plan);
      var target = new Cuts.Target(opened.pool(), entry.imageName(), options);
      long bytes =
          switch (source) {
            case ContentSource.OfSnapshot s -> restore(opened, pool, plan, s, target);
            case ContentSource.OfVolume v -> copy(opened, pool, plan, v, target);
          };
      return grow(target, bytes, plan.size().bytesForCopyOf(bytes));
    }
  }

  /** On the new volume's own connection, since librbd clones within one. */
  @MustBeClosed
  private Pool pool(OpenPool opened, ContentSource source) {
    ClusterConfig config = pools.config(source.id().clusterId());
    requireSameCluster(opened, config);
    try {
      return opened.cluster().openPool(source.id().location(), config.namespace());
    } catch (CephException e) {
      throw e.errno() == Errno.ENOENT ? missing(source) : e;
    }
  }

  private void requireSameCluster(OpenPool opened, ClusterConfig source) {
    if (source.clusterId().equals(opened.config().clusterId())) {
      return;
    }
    try (Cluster cluster = pools.lend(source, opened.credentials())) {
      if (!cluster.fsid().equals(opened.cluster().fsid())) {
        throw new CsiException.InvalidArgument(
            "the source is in cluster %s, the new volume in cluster %s: a copy stays in its cluster"
                .formatted(source.clusterId(), opened.config().clusterId()));
      }
    }
  }

  private static ImageOptions options(VolumePlan plan) {
    ImageOptions options = plan.parameters().imageOptions();
    return options.features() == 0
        ? options
        : options.withFeatures(options.features() | Feature.LAYERING.bit());
  }

  private long restore(
      OpenPool opened,
      Pool pool,
      VolumePlan plan,
      ContentSource.OfSnapshot source,
      Cuts.Target target) {
    SnapshotEntry entry =
        snapshots
            .read(pool, source.id().uuid())
            .filter(e -> !e.source().isEmpty())
            .orElseThrow(() -> missing(source));
    String image = entry.imageName();
    long bytes = require(opened, pool, image, source, plan);
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

  private long copy(
      OpenPool opened,
      Pool pool,
      VolumePlan plan,
      ContentSource.OfVolume source,
      Cuts.Target target) {
    VolumeEntry entry = volumes.read(pool, source.id().uuid()).orElseThrow(() -> missing(source));
    long bytes = require(opened, pool, entry.imageName(), source, plan);
    String image = entry.imageName();
    String intermediate = IntermediateImage.of(target.image());
    boolean cephCsiWasAtIt = target.pool().imageId(intermediate).isPresent();
    if (cephCsiWasAtIt) {
      forgetCut(pool, image, intermediate);
    }
    cuts.copy(
        new Cuts.Source(
            source.id().clusterId(),
            opened.credentials(),
            cephCsiWasAtIt ? target.pool() : pool,
            cephCsiWasAtIt ? intermediate : image),
        target);
    return bytes;
  }

  /** ceph-csi stopped between the intermediate image and its own clean-up. */
  private static void forgetCut(Pool pool, String image, String snapshot) {
    try (Image open = pool.openImage(image)) {
      Cuts.remove(open, snapshot);
    }
  }

  /** The size of the source's image, when it may be copied as the plan wants. */
  private long require(
      OpenPool opened, Pool pool, String image, ContentSource source, VolumePlan plan) {
    // By its name: that of a deleted one is gone while its id still leads to it in the trash.
    Optional<String> id = pool.imageId(image);
    ImageHeader header = id.flatMap(pool::imageHeader).orElseThrow(() -> missing(source));
    var _ = plan.size().bytesForCopyOf(header.sizeBytes());
    requireDepth(opened, pool, id.orElseThrow(), source);
    return header.sizeBytes();
  }

  private void requireDepth(OpenPool opened, Pool pool, String imageId, ContentSource source) {
    int depth = CloneDepth.of(opened.cluster(), pool, imageId) + 1;
    if (depth < Math.min(limits.softDepth(), limits.hardDepth())) {
      return;
    }
    flattener.flatten(
        new Flattener.Clone(source.id().clusterId(), pool.id(), imageId), opened.credentials());
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
