package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.KubernetesNames;
import io.cephcsi.csi.Undo;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.Reservation;
import io.cephcsi.journal.Stores;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import io.cephcsi.rbd.OpenPool;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The images behind volume names: made once for each, found again by the journal. */
final class Images {
  private final VolumeJournal journal;
  private final Clones clones;
  private final Purger purger;
  private final ControllerSettings settings;

  Images(VolumeJournal journal, Clones clones, Purger purger, ControllerSettings settings) {
    this.journal = journal;
    this.clones = clones;
    this.purger = purger;
    this.settings = settings;
  }

  /** The image of the plan's name; call it with the name held. */
  MadeImage findOrMake(OpenPool opened, VolumePlan plan) {
    Pool pool = opened.pool();
    Stores stores = Stores.of(pool, id -> opened.cluster().poolName(id).isPresent());
    purger.resume(opened);
    return switch (reserve(stores, plan)) {
      case Reservation.Fresh(var entry) -> makeOrUndo(opened, plan, entry, true);
      case Reservation.Found(var entry) -> find(opened, plan, entry);
    };
  }

  private Reservation reserve(Stores stores, VolumePlan plan) {
    try {
      return journal.reserve(stores, plan.reservation());
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  private MadeImage find(OpenPool opened, VolumePlan plan, VolumeEntry entry) {
    Pool pool = opened.pool();
    Optional<String> id = pool.imageId(entry.imageName());
    Optional<ImageHeader> header = id.flatMap(pool::imageHeader);
    // A copy is whole when its id is stored, and may lack its parent before.
    boolean whole = plan.source().isEmpty() || !entry.imageId().isEmpty();
    if (header.isPresent() && whole) {
      complete(pool, plan, entry, id.orElseThrow());
      return new MadeImage(entry, grown(pool, plan, entry, header.get().sizeBytes()));
    }
    if (entry.imageId().isEmpty() && !entry.discarded()) {
      return makeOrUndo(
          opened, plan, entry, false); // stopped after the reservation, or amid the image
    }
    // The image was there and is not: a deletion stopped half-way. It is finished, under its own
    // UUID, and the name starts anew.
    journal.discard(pool, entry.uuid());
    journal.forgetName(Stores.of(pool), entry);
    purger.purge(
        opened,
        new Purger.Discarded(
            journal.objectOf(entry.uuid()),
            entry.imageName(),
            Stream.of(entry.imageId()).filter(i -> !i.isEmpty()).toList()));
    return findOrMake(opened, plan);
  }

  /** ceph-csi stores a copy's id first and then grows it, and may have stopped between. */
  private static long grown(Pool pool, VolumePlan plan, VolumeEntry entry, long bytes) {
    boolean ofCephCsi = entry.parameters().isEmpty();
    if (plan.source().isEmpty() || !ofCephCsi || plan.size().fits(bytes)) {
      return bytes;
    }
    long wanted = plan.size().bytesForCopyOf(bytes);
    try (Image image = pool.openImage(entry.imageName())) {
      image.resize(wanted);
    }
    return wanted;
  }

  /**
   * @param fresh whether nothing of the volume was there before this call: then nothing stays after
   *     a failure; else a call that comes later may still go on with it
   */
  private MadeImage makeOrUndo(OpenPool opened, VolumePlan plan, VolumeEntry entry, boolean fresh) {
    try {
      return make(opened, plan, entry);
    } catch (CsiException.Aborted e) {
      throw fresh ? Undo.after(e, () -> undo(opened.pool(), entry)) : e;
    } catch (CsiException e) {
      throw Undo.after(e, () -> undo(opened.pool(), entry));
    } catch (CephException e) {
      if (CephFailures.meaning(e) instanceof CsiException.Unavailable unavailable) {
        throw unavailable; // the image may yet appear, and the next call finds it by the
        // reservation
      }
      throw Undo.after(told(e, plan), () -> undo(opened.pool(), entry));
    }
  }

  private MadeImage make(OpenPool opened, VolumePlan plan, VolumeEntry entry) {
    if (plan.source().isPresent()) {
      long bytes = clones.make(opened, plan, entry, plan.source().get());
      complete(opened.pool(), plan, entry);
      return new MadeImage(entry, bytes);
    }
    create(opened.pool(), plan, entry.imageName());
    complete(opened.pool(), plan, entry);
    return new MadeImage(entry, plan.size().bytes());
  }

  private static void create(Pool pool, VolumePlan plan, String image) {
    var options = plan.parameters().imageOptions();
    long bytes = plan.size().bytes();
    try {
      pool.createImage(image, bytes, options);
    } catch (CephException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      if (pool.imageId(image).flatMap(pool::imageHeader).isPresent()) {
        return; // another process made it for the same name just now
      }
      // A creation that was stopped amid its steps leaves parts that hinder the next one. The
      // name has a UUID that is ours alone, and no whole image is there.
      pool.removeImage(image);
      pool.createImage(image, bytes, options);
    }
  }

  private void complete(Pool pool, VolumePlan plan, VolumeEntry entry) {
    String id =
        pool.imageId(entry.imageName())
            .orElseThrow(() -> new CephException(Errno.ENOENT, "find " + entry.imageName()));
    complete(pool, plan, entry, id);
  }

  /** What follows the image itself; each can be repeated. */
  private void complete(Pool pool, VolumePlan plan, VolumeEntry entry, String imageId) {
    Map<String, String> metadata = metadata(plan);
    Set<String> inherited = plan.source().isEmpty() ? Set.of() : KubernetesNames.KEYS;
    if (!metadata.isEmpty() || !inherited.isEmpty()) {
      pool.changeImageMetadata(imageId, inherited, metadata);
    }
    if (entry.imageId().isEmpty()) {
      journal.storeImageId(pool, entry.uuid(), imageId); // last: a copy is whole by it
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

  private void undo(Pool pool, VolumeEntry entry) {
    try {
      pool.removeImage(entry.imageName());
    } catch (CephException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    journal.undo(Stores.of(pool), entry);
  }

  private static RuntimeException told(CephException e, VolumePlan plan) {
    return switch (e.errno()) {
      case Errno.EINVAL ->
          new CsiException.InvalidArgument(
              "librbd refuses the image's layout (%s): see imageFeatures, stripeUnit, stripeCount, objectSize and dataPool in the class"
                  .formatted(e.getMessage()));
      case Errno.ENOENT ->
          new CsiException.InvalidArgument(
              "%s: see that the data pool and the RADOS namespace of cluster %s exist"
                  .formatted(e.getMessage(), plan.clusterId()));
      default -> CephFailures.meaning(e);
    };
  }
}
