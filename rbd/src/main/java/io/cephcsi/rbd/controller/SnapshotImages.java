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
import io.cephcsi.cluster.Making;
import io.cephcsi.csi.AfterAnswer;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.SnapshotAnswer;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReservation;
import io.cephcsi.journal.Stores;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.OwnSnapshot;
import io.cephcsi.rbd.Pools;
import io.cephcsi.rbd.Volume;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    SnapshotReservation reservation = settled(source, plan);
    Pool pool = source.pool();
    SnapshotEntry entry = reservation.entry();
    return find(pool, entry)
        .orElseGet(() -> makeOrUndo(source, plan, entry, moment, making(pool, reservation)));
  }

  private Making making(Pool pool, SnapshotReservation reservation) {
    SnapshotEntry entry = reservation.entry();
    return reservation instanceof SnapshotReservation.Fresh
        ? Making.begun(journal, entry.uuid(), "image", entry.imageName())
        : Making.takenOver(journal, pool, entry.uuid(), "image", entry.imageName());
  }

  /**
   * What the plan's name owns, or owns from now on; the image may still have to be made.
   *
   * @throws CsiException.AlreadyExists when the name is another volume's snapshot
   */
  SnapshotEntry reserve(Volume source, SnapshotPlan plan) {
    return settled(source, plan).entry();
  }

  /**
   * Forgets what was reserved and nobody has begun to make, unless another process goes on with it.
   */
  void giveUp(Pool pool, SnapshotEntry entry) {
    if (journal.giveUp(pool, entry.uuid(), "")) {
      journal.undo(Stores.of(pool), entry);
    }
  }

  private SnapshotReservation settled(Volume source, SnapshotPlan plan) {
    Encryption.requirePlain(plan.sourceId(), source.entry().encrypted());
    SnapshotReservation reservation = reservation(source, plan);
    return switch (reservation) {
      case SnapshotReservation.Fresh _ -> reservation;
      case SnapshotReservation.Found(var entry) ->
          deletionWasCutOff(source.pool(), entry)
              ? finishDeletion(source, plan, entry)
              : reservation;
      case SnapshotReservation.OtherSource(var entry) ->
          throw new CsiException.AlreadyExists(
              "snapshot %s exists, of image %s; it is asked for of volume %s: delete it or take another name"
                  .formatted(plan.name(), entry.source(), plan.sourceId()));
    };
  }

  /** The image was there and is not, or its deletion had begun; or its making was taken back. */
  private static boolean deletionWasCutOff(Pool pool, SnapshotEntry entry) {
    boolean wasWhole = !entry.imageId().isEmpty();
    return entry.discarded() || (wasWhole && pool.imageId(entry.imageName()).isEmpty());
  }

  /** It is finished, under its own UUID, and the name starts anew. */
  private SnapshotReservation finishDeletion(
      Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    Pool pool = source.pool();
    List<String> ids = List.of();
    if (entry.imageId().isEmpty()) {
      journal.discard(pool, entry.uuid());
      removeParts(source, entry);
    } else {
      ids = SnapshotDeletion.trash(journal, pool, entry).stream().toList();
    }
    journal.discardName(Stores.of(pool), entry, ids);
    purger.purge(
        source.opened(),
        new Purger.Discarded(journal.purgeRecord(entry.uuid()), entry.imageName(), ids));
    return settled(source, plan);
  }

  private SnapshotReservation reservation(Volume source, SnapshotPlan plan) {
    Cluster cluster = source.opened().cluster();
    Stores stores = Stores.of(source.pool(), id -> cluster.poolName(id).isPresent());
    try (var _ = Phase.JOURNAL.begin()) {
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
    return pool.imageId(entry.imageName()).flatMap(id -> find(pool, entry, id));
  }

  private static Optional<Made> find(Pool pool, SnapshotEntry entry, String id) {
    return pool.imageHeader(id)
        .map(header -> new Made(entry, id, header.sizeBytes(), cutAt(pool, entry, id)));
  }

  /** ceph-csi does not store it; its image is made right after the cut. */
  private static Instant cutAt(Pool pool, SnapshotEntry entry, String imageId) {
    if (entry.cutAt().isPresent()) {
      return entry.cutAt().get();
    }
    try (Image image = pool.openImageByIdReadOnly(imageId)) {
      return image.createdAt();
    }
  }

  private Made makeOrUndo(
      Volume source, SnapshotPlan plan, SnapshotEntry entry, Moment moment, Making making) {
    try {
      return make(source, plan, entry, moment, making);
    } catch (CsiException e) {
      throw settled(e, source, entry, making);
    } catch (CephException e) {
      throw settled(told(e, source, plan, entry), source, entry, making);
    }
  }

  private RuntimeException settled(
      RuntimeException failure, Volume source, SnapshotEntry entry, Making making) {
    if (failure instanceof CsiException.Unavailable) {
      return failure; // the next call goes on with what is there
    }
    boolean undone =
        making.undo(
            source.pool(),
            failure,
            () -> {
              removeParts(source, entry);
              journal.undo(Stores.of(source.pool()), entry);
            });
    return undone ? failure : making.lost(source.pool(), () -> removeParts(source, entry));
  }

  /** What is missing need not be the source: it may be a part of what was just being made. */
  private static RuntimeException told(
      CephException e, Volume source, SnapshotPlan plan, SnapshotEntry entry) {
    if (e.errno() != Errno.ENOENT) {
      return CephFailures.meaning(e);
    }
    return source
        .pool()
        .imageId(source.entry().imageName())
        .<RuntimeException>map(id -> Cuts.elsewhere(entry.imageName(), id))
        .orElseGet(() -> io.cephcsi.rbd.Volumes.missing(plan.sourceId()));
  }

  private Made make(
      Volume source, SnapshotPlan plan, SnapshotEntry entry, Moment moment, Making making) {
    Pool pool = source.pool();
    Instant at =
        wholeOfCephCsi(pool, entry)
            .orElseGet(() -> moment.settle(source, entry.imageName(), copy(source, plan, making)));
    String id = Images.madeId(pool, making);
    pool.changeImageMetadata(id, KubernetesNames.KEYS, metadata(plan));
    if (!journal.storeImage(pool, entry.uuid(), making.maker(), id, at)) {
      throw making.lost(pool, () -> removeParts(source, entry));
    }
    ImageHeader header = pool.imageHeader(id).orElse(new ImageHeader(0, 0));
    return new Made(entry, id, header.sizeBytes(), at);
  }

  private Instant copy(Volume source, SnapshotPlan plan, Making making) {
    Pool pool = source.pool();
    try (var _ = Phase.IMAGE.begin()) {
      return cuts.copy(
              new Cuts.Source(
                  source.clusterId(), plan.credentials(), pool, source.entry().imageName()),
              new Cuts.Target(pool, making.name(), OPTIONS, () -> making.requireOurs(pool)))
          .createdAt();
    }
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

  private static void removeParts(Volume source, SnapshotEntry entry) {
    Pool pool = source.pool();
    Cuts.forget(pool, source.entry().imageName(), entry.imageName());
    try {
      pool.removeImage(entry.imageName());
    } catch (CephException e) {
      requireMissing(e);
    }
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
  boolean readyOrFlattened(OpenPool opened, Made made) {
    CloneLimits limits = settings.limits();
    int depth = CloneDepth.of(opened.cluster(), opened.pool(), made.imageId());
    if (depth >= Math.min(limits.softDepth(), limits.hardDepth())) {
      flattener.flatten(
          opened.config().clusterId(), opened.pool().id(), made.imageId(), opened.credentials());
    }
    return depth < limits.hardDepth();
  }

  /** Whether a volume can be restored now; nothing is done about it. */
  boolean ready(OpenPool opened, Made made) {
    return CloneDepth.of(opened.cluster(), opened.pool(), made.imageId())
        < settings.limits().hardDepth();
  }

  /** Makes the snapshot that restores are cloned from, when the caller has its answer. */
  void finishLater(OpenPool opened, SnapshotEntry entry) {
    var id = new VolumeId(opened.config().clusterId(), opened.pool().id(), entry.uuid());
    AfterAnswer.run(() -> {
      var again = pools.open(id.clusterId(), id.location(), opened.credentials());
      if (again.isPresent()) {
        try (OpenPool pool = again.get()) {
          finish(pool.pool(), entry, journal);
        }
      }
    });
  }

  private static void finish(Pool pool, SnapshotEntry entry, SnapshotJournal journal) {
    try {
      OwnSnapshot.ensure(pool, entry.imageName());
      journal.storeFinished(pool, entry.uuid());
    } catch (CephException e) {
      requireMissing(e); // deleted meanwhile
    }
  }
}
