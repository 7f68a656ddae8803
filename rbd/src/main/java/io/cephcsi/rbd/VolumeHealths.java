package io.cephcsi.rbd;

import static io.cephcsi.cluster.HealthProblem.dataLoss;
import static io.cephcsi.cluster.HealthProblem.inaccessible;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Feature;
import io.cephcsi.ceph.ImageHeader;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.TrashEntry;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterHealth;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.Look;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tells what is wrong with volumes as the cluster sees them. Looks never take longer than {@link
 * Looks} allows, whatever hangs.
 */
public final class VolumeHealths {
  private final Pools pools;
  private final Volumes volumes;
  private final VolumeJournal journal;
  private final Looks looks;

  public VolumeHealths(Pools pools, VolumeJournal journal, Looks looks) {
    this.pools = pools;
    this.volumes = new Volumes(pools, journal);
    this.journal = journal;
    this.looks = looks;
  }

  /**
   * What was seen of an image.
   *
   * @param poolIds the pool that it was found in, and the one with its data if that is another
   */
  private record Seen(List<HealthProblem> problems, List<Long> poolIds) {}

  /**
   * A volume that is asked about.
   *
   * @param id as the caller has it
   */
  private record Asked(String id, VolumeHandle handle) {
    /** The pool, by its id or its name. */
    String pool() {
      return switch (handle) {
        case VolumeHandle.Journaled(var journaled) -> String.valueOf(journaled.location());
        case VolumeHandle.InTree(_, var pool, _) -> pool;
        case VolumeHandle.Static(_, var pool, _) -> pool;
      };
    }
  }

  /**
   * All that is known to be wrong; none for a healthy volume.
   *
   * @throws io.cephcsi.csi.CsiException.NotFound when there is no such volume, or it is being made
   *     or deleted
   */
  public List<HealthProblem> of(VolumeId id, Credentials credentials) {
    return of(id.text(), new VolumeHandle.Journaled(id), credentials);
  }

  /** As {@link #of(VolumeId, Credentials)}, of any volume; {@code id} is what the caller has. */
  public List<HealthProblem> of(String id, VolumeHandle handle, Credentials credentials) {
    return of(new Asked(id, handle), credentials);
  }

  private List<HealthProblem> of(Asked asked, Credentials credentials) {
    String clusterId = asked.handle().clusterId();
    ClusterConfig config =
        pools.findConfig(clusterId).orElseGet(() -> pools.config(clusterId)); // which refuses
    long until = looks.deadline();
    Look<ClusterHealth> monitors = monitors().begin(config, credentials, until);
    Look<Seen> image =
        looks.begin(
            clusterId + "/" + asked.pool(),
            asked.id() + " as " + credentials,
            () -> look(asked, config, credentials),
            until);
    Optional<Seen> seen = image.await(until);
    Optional<ClusterHealth> health = monitors.await(until);
    List<HealthProblem> problems = new ArrayList<>();
    if (health.isEmpty()) {
      problems.add(MonitorLooks.problem(config, monitors, seen.isPresent()));
    } else if (seen.isEmpty()) {
      problems.add(silent(asked, config, image, health.get()));
    }
    seen.ifPresent(s -> problems.addAll(s.problems()));
    health.ifPresent(h -> {
      for (long pool : seen.map(Seen::poolIds).orElseGet(() -> poolIds(asked, config))) {
        problems.addAll(h.ofPool(pool));
      }
    });
    return problems;
  }

  /** Looks at clusters' monitors. */
  public MonitorLooks monitors() {
    return new MonitorLooks(looks, pools::lend);
  }

  /** The pool in the volume's id if there is one, or what mirrors it in that cluster. */
  private List<Long> poolIds(Asked asked, ClusterConfig config) {
    return asked.handle() instanceof VolumeHandle.Journaled(var id)
        ? pools.poolIn(config, id).stream().boxed().toList()
        : List.of();
  }

  private HealthProblem silent(
      Asked asked, ClusterConfig config, Look<?> image, ClusterHealth health) {
    Optional<String> pool =
        poolIds(asked, config).stream()
            .findFirst()
            .map(health.pools()::get)
            .map(ClusterHealth.PoolState::name);
    return inaccessible(
        "NotAnswering",
        "the volume's image is not answering since %s; %s: bring back the OSDs of pool %s"
            .formatted(image.silentSince(), health.summary(), pool.orElse(asked.pool())));
  }

  private Seen look(Asked asked, ClusterConfig config, Credentials credentials) {
    try (Volume volume =
        volumes.open(asked.handle(), credentials).orElseThrow(() -> Volumes.missing(asked.id()))) {
      Optional<String> imageId = volume.pool().imageId(volume.entry().imageName());
      if (imageId.isPresent()) {
        return of(poolIds(asked, config, volume), volume, imageId.get());
      }
      return new Seen(
          List.of(
              withoutImage(volume.pool(), volume.entry())
                  .orElseThrow(() -> Volumes.missing(asked.id()))),
          poolIds(asked, config, volume));
    } catch (CephException e) {
      if (e.errno() != Errno.ESHUTDOWN) {
        throw e;
      }
      return new Seen(List.of(blocklisted()), poolIds(asked, config));
    }
  }

  private static HealthProblem blocklisted() {
    return inaccessible(
        "ClientBlocklisted",
        "the cluster has this driver's own client in its blocklist (ceph osd blocklist ls), so that it could see no image; the driver connects anew with its next call, so that only a client that is refused again needs help: remove its address from the list (ceph osd blocklist rm)");
  }

  /** Its pool in the cluster whose monitors are asked, which need not be where it was found. */
  private List<Long> poolIds(Asked asked, ClusterConfig config, Volume volume) {
    return volume.opened().config().clusterId().equals(config.clusterId())
        ? List.of(volume.pool().id())
        : poolIds(asked, config);
  }

  private static Seen of(List<Long> itsPools, Volume volume, String imageId) {
    Pool pool = volume.pool();
    Optional<ImageHeader> header = pool.imageHeader(imageId);
    if (header.isEmpty()) {
      return new Seen(
          List.of(
              dataLoss(
                  "ImageHeaderMissing",
                  "image %s/%s has lost its header rbd_header.%s: restore the data from a snapshot or a backup"
                      .formatted(pool.name(), volume.entry().imageName(), imageId))),
          itsPools);
    }
    List<Long> poolIds = new ArrayList<>(itsPools);
    if (Feature.DATA_POOL.in(header.get().features())) {
      pool.imageDataPool(imageId).ifPresent(poolIds::add);
    }
    return new Seen(List.of(), poolIds);
  }

  /**
   * What is wrong with a volume that has no image by its name; empty for one that is just being
   * made or deleted.
   */
  private Optional<HealthProblem> withoutImage(Pool pool, VolumeEntry entry) {
    if (entry.imageId().isEmpty()) {
      return Optional.empty();
    }
    Optional<TrashEntry> trash = pool.trashEntry(entry.imageId());
    // Last: a deletion frees the name when the image is in the trash, and purges it afterwards.
    if (!journal.nameIsHeld(pool, entry)) {
      return Optional.empty();
    }
    return Optional.of(trash.map(t -> inTrash(pool, t)).orElseGet(() -> missing(pool, entry)));
  }

  private static HealthProblem inTrash(Pool pool, TrashEntry entry) {
    return inaccessible(
        "ImageInTrash",
        "image %s/%s is in the trash since %s, though its volume was not deleted: rbd trash restore --pool %s%s %s"
            .formatted(
                pool.name(),
                entry.name(),
                entry.movedAt(),
                pool.name(),
                pool.namespace().isEmpty() ? "" : " --namespace " + pool.namespace(),
                entry.imageId()));
  }

  private static HealthProblem missing(Pool pool, VolumeEntry entry) {
    return dataLoss(
        "ImageMissing",
        "image %s/%s (id %s) is gone, from the trash too: restore the data from a snapshot or a backup, then delete the volume"
            .formatted(pool.name(), entry.imageName(), entry.imageId()));
  }

  /** As {@link #of}, for a volume whose image a listing has not met. */
  public List<HealthProblem> ofUnmet(Pool pool, String uuid) {
    Optional<VolumeEntry> entry = journal.read(pool, uuid);
    boolean there = entry.flatMap(e -> pool.imageId(e.imageName())).isPresent();
    return there ? List.of() : entry.flatMap(e -> withoutImage(pool, e)).stream().toList();
  }

  /** As {@link #of}, as far as another pool with the volume's data is concerned. */
  public List<HealthProblem> ofDataPool(Pool pool, String imageId, ClusterHealth health) {
    try {
      return pool.imageDataPool(imageId).map(health::ofPool).orElse(List.of());
    } catch (CephException e) {
      if (e.errno() == Errno.ENOENT) {
        return List.of(); // it is deleted just now
      }
      throw e;
    }
  }
}
