package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.cluster.Making;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Phase;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.Reservation;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The images behind volume names: made once for each, found again by the journal. */
final class Images {
  private static final long MADE_AFTER_THE_HEADER =
      Feature.STRIPING.bit() | Feature.OBJECT_MAP.bit() | Feature.JOURNALING.bit();

  private final VolumeJournal journal;
  private final Clones clones;
  private final Purger purger;
  private final CutOffWork cutOff;
  private final ControllerSettings settings;

  Images(
      VolumeJournal journal,
      Clones clones,
      Purger purger,
      CutOffWork cutOff,
      ControllerSettings settings) {
    this.journal = journal;
    this.clones = clones;
    this.purger = purger;
    this.cutOff = cutOff;
    this.settings = settings;
  }

  /** The image of the plan's name; call it with the name held. */
  MadeImage findOrMake(OpenPool opened, VolumePlan plan) {
    Pool pool = opened.pool();
    Stores stores = Stores.of(pool, id -> opened.cluster().poolName(id).isPresent());
    cutOff.resume(opened);
    return switch (reserve(stores, plan)) {
      case Reservation.Fresh(var entry) ->
          makeOrUndo(
              opened, plan, entry, Making.begun(journal, entry.uuid(), "image", entry.imageName()));
      case Reservation.Found(var entry) -> find(opened, plan, entry);
    };
  }

  private Reservation reserve(Stores stores, VolumePlan plan) {
    try (var _ = Phase.JOURNAL.begin()) {
      return journal.reserve(stores, plan.reservation());
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  private MadeImage find(OpenPool opened, VolumePlan plan, VolumeEntry entry) {
    Pool pool = opened.pool();
    Optional<String> id = pool.imageId(entry.imageName());
    Optional<ImageHeader> header = id.flatMap(pool::imageHeader);
    if (entry.encrypted()) {
      throw new CsiException.AlreadyExists(
          "volume %s exists and is encrypted, by ceph-csi; it is asked for plain: delete it or take another name"
              .formatted(plan.name()));
    }
    if (entry.imageId().isEmpty() && !entry.discarded()) {
      return goOn(opened, plan, entry, header); // stopped after the reservation, or amid the image
    }
    if (header.isPresent() && !entry.imageId().isEmpty() && !entry.discarded()) {
      describe(pool, plan, id.orElseThrow());
      return new MadeImage(entry, grown(pool, plan, entry, header.get().sizeBytes()));
    }
    finishDeletion(opened, plan, entry);
    return findOrMake(opened, plan);
  }

  private MadeImage goOn(
      OpenPool opened, VolumePlan plan, VolumeEntry entry, Optional<ImageHeader> header) {
    Pool pool = opened.pool();
    var making = Making.takenOver(journal, pool, entry.uuid(), "image", entry.imageName());
    // A copy may lack its parent before its id is stored.
    if (plan.source().isEmpty() && header.filter(h -> isWhole(entry, h)).isPresent()) {
      complete(opened, plan, entry, making);
      return new MadeImage(entry, header.get().sizeBytes());
    }
    return makeOrUndo(opened, plan, entry, making);
  }

  /**
   * Whether an image without parent is whole although its id is not stored. librbd makes what some
   * features need after the header; who was stopped before that has left an image that no kernel
   * maps. ceph-csi answers with one as soon as it has its header, so that it may be used already.
   */
  private static boolean isWhole(VolumeEntry entry, ImageHeader header) {
    return entry.ofCephCsi() || (header.features() & MADE_AFTER_THE_HEADER) == 0;
  }

  /**
   * The image was there and is not, or is still, but its deletion had begun; or its making was
   * taken back: a deletion or an undo stopped half-way. It is finished, under its own UUID, and the
   * name starts anew. To take the deletion back would not do: the process that began it may still
   * run.
   *
   * @throws CsiException.FailedPrecondition when a client has the image open
   */
  private void finishDeletion(OpenPool opened, VolumePlan plan, VolumeEntry entry) {
    Pool pool = opened.pool();
    List<String> ids = List.of();
    if (entry.imageId().isEmpty()) {
      journal.discard(pool, entry.uuid());
      removeParts(opened, plan, entry);
    } else {
      ids = new VolumeTrash(opened, entry, journal).moveAll();
    }
    journal.discardName(Stores.of(pool), entry, ids);
    purger.purge(
        opened, new Purger.Discarded(journal.purgeRecord(entry.uuid()), entry.imageName(), ids));
  }

  /** ceph-csi stores a copy's id first and then grows it, and may have stopped between. */
  private static long grown(Pool pool, VolumePlan plan, VolumeEntry entry, long bytes) {
    if (plan.source().isEmpty() || !entry.ofCephCsi() || plan.size().fits(bytes)) {
      return bytes;
    }
    long wanted = plan.size().bytesForCopyOf(bytes);
    try (Image image = pool.openImage(entry.imageName())) {
      image.resize(wanted);
    }
    return wanted;
  }

  private MadeImage makeOrUndo(OpenPool opened, VolumePlan plan, VolumeEntry entry, Making making) {
    try {
      return make(opened, plan, entry, making);
    } catch (CsiException e) {
      throw settled(e, opened, plan, entry, making);
    } catch (CephException e) {
      throw settled(told(e, plan, entry), opened, plan, entry, making);
    }
  }

  /** Undoes the reservation, unless a call that comes later goes on with it. */
  private RuntimeException settled(
      RuntimeException failure,
      OpenPool opened,
      VolumePlan plan,
      VolumeEntry entry,
      Making making) {
    boolean stays =
        switch (failure) {
          case CsiException.Unavailable _ -> true; // the image may yet appear
          case CsiException.Aborted _ -> !making.fresh();
          default -> false;
        };
    return stays || undo(opened, plan, entry, making, failure)
        ? failure
        : making.lost(opened.pool(), () -> removeParts(opened, plan, entry));
  }

  private MadeImage make(OpenPool opened, VolumePlan plan, VolumeEntry entry, Making making) {
    Pool pool = opened.pool();
    if (plan.source().isPresent()) {
      long bytes;
      try (var _ = Phase.IMAGE.begin()) {
        bytes = clones.make(opened, plan, making, plan.source().get());
      }
      complete(opened, plan, entry, making);
      return new MadeImage(entry, bytes);
    }
    create(pool, plan, making);
    complete(opened, plan, entry, making);
    return new MadeImage(entry, plan.size().bytes());
  }

  private static void create(Pool pool, VolumePlan plan, Making making) {
    String image = making.name();
    var options = plan.parameters().imageOptions();
    long bytes = plan.size().bytes();
    try (var _ = Phase.IMAGE.begin()) {
      pool.createImage(image, bytes, options);
    } catch (CephException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      if (making.fresh() && pool.imageId(image).flatMap(pool::imageHeader).isPresent()) {
        return; // another process has taken over and made it just now; its id tells which one's
      }
      // A creation that was stopped amid its steps leaves parts that hinder the next one, and an
      // image that may lack some. The name has a UUID that is ours alone, and nobody was given it.
      making.requireOurs(pool);
      pool.removeImage(image);
      pool.createImage(image, bytes, options);
    }
  }

  /** What follows the image itself; each can be repeated. */
  private void complete(OpenPool opened, VolumePlan plan, VolumeEntry entry, Making making) {
    Pool pool = opened.pool();
    String id = madeId(pool, making);
    describe(pool, plan, id);
    if (!journal.storeImageId(pool, entry.uuid(), making.maker(), id)) { // last: it is whole by it
      throw making.lost(pool, () -> removeParts(opened, plan, entry));
    }
  }

  /** The id of an image that was just made. */
  static String madeId(Pool pool, Making making) {
    return pool.imageId(making.name())
        .orElseThrow(() -> new CephException(Errno.ENOENT, "find image " + making.name()));
  }

  private void describe(Pool pool, VolumePlan plan, String imageId) {
    Map<String, String> metadata = metadata(plan);
    Set<String> inherited = plan.source().isEmpty() ? Set.of() : KubernetesNames.KEYS;
    if (!metadata.isEmpty() || !inherited.isEmpty()) {
      pool.changeImageMetadata(imageId, inherited, metadata);
    }
  }

  private Map<String, String> metadata(VolumePlan plan) {
    if (!settings.setMetadata()) {
      return Map.of();
    }
    Map<String, String> metadata = new TreeMap<>(plan.parameters().kubernetesNames());
    if (!settings.clusterName().isEmpty()) {
      metadata.put(KubernetesNames.CLUSTER_NAME, settings.clusterName());
    }
    return metadata;
  }

  /**
   * @return false when another process has taken over: then nothing is undone
   */
  private boolean undo(
      OpenPool opened,
      VolumePlan plan,
      VolumeEntry entry,
      Making making,
      RuntimeException failure) {
    return making.undo(
        opened.pool(),
        failure,
        () -> {
          removeParts(opened, plan, entry);
          journal.undo(Stores.of(opened.pool()), entry); // last: it tells of the parts
        });
  }

  private void removeParts(OpenPool opened, VolumePlan plan, VolumeEntry entry) {
    try {
      opened.pool().removeImage(entry.imageName());
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    plan.source().ifPresent(source -> clones.forget(opened, entry, source));
  }

  private static RuntimeException told(CephException e, VolumePlan plan, VolumeEntry entry) {
    return switch (e.errno()) {
      case Errno.EINVAL ->
          new CsiException.InvalidArgument(
              "librbd refuses the image's layout (%s): see imageFeatures, stripeUnit, stripeCount, objectSize and dataPool in the class"
                  .formatted(e.getMessage()));
      case Errno.ENOENT ->
          new CsiException.InvalidArgument(
              "%s: see that the data pool and the RADOS namespace of cluster %s exist"
                  .formatted(e.getMessage(), plan.clusterId()));
      case Errno.EBUSY -> Making.elsewhere("image", entry.imageName());
      default -> CephFailures.meaning(e);
    };
  }
}
