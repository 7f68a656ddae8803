package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.ImageOptions;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.AfterAnswer;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.SnapshotAnswer;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReservation;
import io.cephcsi.journal.Stores;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Volume;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The images behind snapshots. Each is a clone of its volume with a snapshot of its own, from which
 * volumes are restored, so that it outlives the volume.
 */
final class SnapshotImages {
  private static final ImageOptions OPTIONS =
      ImageOptions.DEFAULT.withFeatures(Feature.LAYERING.bit() | Feature.DEEP_FLATTEN.bit());

  private final Pools pools;
  private final SnapshotJournal journal;
  private final Cuts cuts;
  private final Flattener flattener;
  private final Purger purger;
  private final ControllerSettings settings;

  SnapshotImages(
      Pools pools,
      SnapshotJournal journal,
      Flattener flattener,
      Purger purger,
      ControllerSettings settings) {
    this.pools = pools;
    this.purger = purger;
    this.journal = journal;
    this.cuts = new Cuts(flattener, settings.limits());
    this.flattener = flattener;
    this.settings = settings;
  }

  /**
   * A snapshot's image.
   *
   * @param cutAt when the volume was cut
   */
  record Made(SnapshotEntry entry, String imageId, long sizeBytes, Instant cutAt) {
    /** As CSI tells it. */
    csi.v1.Snapshot answer(VolumeId id, String sourceId, boolean ready) {
      return SnapshotAnswer.of(id, sourceId, sizeBytes, cutAt)
          .setReadyToUse(ready)
          .setGroupSnapshotId(entry.groupId())
          .build();
    }
  }

  /** The image of the plan's name; call it with the name held and the source shared. */
  Made findOrMake(Volume source, SnapshotPlan plan, Moment moment) {
    SnapshotEntry entry = reserve(source, plan);
    return find(source.pool(), entry).orElseGet(() -> makeOrUndo(source, plan, entry, moment));
  }

  /**
   * What the plan's name owns, or owns from now on; the image may still have to be made.
   *
   * @throws CsiException.AlreadyExists when the name is another volume's snapshot
   */
  SnapshotEntry reserve(Volume source, SnapshotPlan plan) {
    return switch (reservation(source, plan)) {
      case SnapshotReservation.Fresh(var entry) -> entry;
      case SnapshotReservation.Found(var entry) ->
          deletionWasCutOff(source.pool(), entry) ? finishDeletion(source, plan, entry) : entry;
      case SnapshotReservation.OtherSource(var entry) ->
          throw new CsiException.AlreadyExists(
              "snapshot %s exists, of image %s; it is asked for of volume %s: delete it or take another name"
                  .formatted(plan.name(), entry.source(), plan.sourceId()));
    };
  }

  /** The image was there and is not. */
  private static boolean deletionWasCutOff(Pool pool, SnapshotEntry entry) {
    return (entry.discarded() || !entry.imageId().isEmpty())
        && pool.imageId(entry.imageName()).isEmpty();
  }

  /** It is finished, under its own UUID, and the name starts anew. */
  private SnapshotEntry finishDeletion(Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    journal.discard(source.pool(), entry.uuid());
    journal.forgetName(Stores.of(source.pool()), entry);
    purger.purge(
        source.opened(),
        new Purger.Discarded(
            journal.objectOf(entry.uuid()),
            entry.imageName(),
            Stream.of(entry.imageId()).filter(id -> !id.isEmpty()).toList()));
    return reserve(source, plan);
  }

  private SnapshotReservation reservation(Volume source, SnapshotPlan plan) {
    Cluster cluster = source.opened().cluster();
    Stores stores = Stores.of(source.pool(), id -> cluster.poolName(id).isPresent());
    try {
      return journal.reserve(stores, plan.reservation(source.entry()));
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  /** The image of a snapshot that was answered before; empty when there is none, or half of it. */
  Optional<Made> find(Pool pool, SnapshotEntry entry) {
    if (entry.imageId().isEmpty()) {
      return Optional.empty(); // it is stored when the image is whole
    }
    // By its name: that of a deleted one is gone while its id still leads to it in the trash.
    Optional<ImageHeader> header = pool.imageId(entry.imageName()).flatMap(pool::imageHeader);
    return header.map(h -> new Made(entry, entry.imageId(), h.sizeBytes(), cutAt(pool, entry)));
  }

  /** ceph-csi does not store it; its image is made right after the cut. */
  private static Instant cutAt(Pool pool, SnapshotEntry entry) {
    if (entry.cutAt().isPresent()) {
      return entry.cutAt().get();
    }
    try (Image image = pool.openImageByIdReadOnly(entry.imageId())) {
      return image.createdAt();
    }
  }

  private Made makeOrUndo(Volume source, SnapshotPlan plan, SnapshotEntry entry, Moment moment) {
    try {
      return make(source, plan, entry, moment);
    } catch (CsiException e) {
      throw Undo.after(e, () -> undo(source, entry));
    } catch (CephException e) {
      RuntimeException told = told(e, plan);
      if (told instanceof CsiException.Unavailable) {
        throw told; // the next call goes on with what is there
      }
      throw Undo.after(told, () -> undo(source, entry));
    }
  }

  private static RuntimeException told(CephException e, SnapshotPlan plan) {
    return e.errno() == Errno.ENOENT
        ? io.cephcsi.rbd.Volumes.missing(plan.sourceId())
        : CephFailures.meaning(e);
  }

  private Made make(Volume source, SnapshotPlan plan, SnapshotEntry entry, Moment moment) {
    Pool pool = source.pool();
    Instant at =
        wholeOfCephCsi(pool, entry)
            .orElseGet(() -> moment.settle(source, entry.imageName(), copy(source, plan, entry)));
    String id =
        pool.imageId(entry.imageName())
            .orElseThrow(() -> new CephException(Errno.ENOENT, "find " + entry.imageName()));
    pool.changeImageMetadata(id, KubernetesNames.KEYS, metadata(plan));
    journal.storeImage(pool, entry.uuid(), id, at);
    ImageHeader header = pool.imageHeader(id).orElse(new ImageHeader(0, 0));
    return new Made(entry, id, header.sizeBytes(), at);
  }

  private Instant copy(Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    Pool pool = source.pool();
    return cuts.copy(
        new Cuts.Source(source.clusterId(), plan.credentials(), pool, source.entry().imageName()),
        new Cuts.Target(pool, entry.imageName(), OPTIONS));
  }

  /** ceph-csi makes the image's own snapshot before it stores the id; then the image is whole. */
  private static Optional<Instant> wholeOfCephCsi(Pool pool, SnapshotEntry entry) {
    if (pool.imageId(entry.imageName()).isEmpty()) {
      return Optional.empty();
    }
    try (Image image = pool.openImageReadOnly(entry.imageName())) {
      return image.snapshots().stream()
          .filter(s -> s.name().equals(entry.imageName()))
          .findFirst()
          .map(_ -> image.createdAt());
    }
  }

  private Map<String, String> metadata(SnapshotPlan plan) {
    if (!settings.setMetadata()) {
      return Map.of();
    }
    Map<String, String> metadata = KubernetesNames.ofSnapshot(plan.parameters().all());
    if (!settings.clusterName().isEmpty()) {
      metadata.put(KubernetesNames.CLUSTER_NAME, settings.clusterName());
    }
    return metadata;
  }

  private void undo(Volume source, SnapshotEntry entry) {
    Pool pool = source.pool();
    try (Image image = pool.openImage(source.entry().imageName())) {
      Cuts.remove(image, entry.imageName());
    } catch (CephException e) {
      requireMissing(e);
    }
    try {
      pool.removeImage(entry.imageName());
    } catch (CephException e) {
      requireMissing(e);
    }
    journal.undo(Stores.of(pool), entry);
  }

  private static void requireMissing(CephException e) {
    if (e.errno() != Errno.ENOENT) {
      throw e;
    }
  }

  /**
   * Whether a volume can be restored now. An image that hangs too deep is flattened first, in the
   * background.
   */
  boolean ready(OpenPool opened, Made made) {
    CloneLimits limits = settings.limits();
    int depth = CloneDepth.of(opened.cluster(), opened.pool(), made.imageId());
    if (depth >= Math.min(limits.softDepth(), limits.hardDepth())) {
      flattener.flatten(
          new Flattener.Clone(opened.config().clusterId(), opened.pool().id(), made.imageId()),
          opened.credentials());
    }
    return depth < limits.hardDepth();
  }

  /** Makes the snapshot that restores are cloned from, when the caller has its answer. */
  void finishLater(OpenPool opened, SnapshotEntry entry) {
    var id = new VolumeId(opened.config().clusterId(), opened.pool().id(), entry.uuid());
    AfterAnswer.run(() -> {
      var again = pools.open(id.clusterId(), id.location(), opened.credentials());
      if (again.isPresent()) {
        try (OpenPool pool = again.get()) {
          finish(pool.pool(), entry);
        }
      }
    });
  }

  private static void finish(Pool pool, SnapshotEntry entry) {
    try {
      OwnSnapshot.ensure(pool, entry.imageName());
    } catch (CephException e) {
      requireMissing(e); // deleted meanwhile
    }
  }
}
