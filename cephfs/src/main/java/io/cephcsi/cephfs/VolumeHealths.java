package io.cephcsi.cephfs;

import static io.cephcsi.cluster.HealthProblem.dataLoss;
import static io.cephcsi.cluster.HealthProblem.degraded;
import static io.cephcsi.cluster.HealthProblem.inaccessible;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.Errno;
import io.cephcsi.cluster.ClusterConfig;
import io.cephcsi.cluster.ClusterHealth;
import io.cephcsi.cluster.ClusterMappings;
import io.cephcsi.cluster.HealthProblem;
import io.cephcsi.cluster.Look;
import io.cephcsi.cluster.Looks;
import io.cephcsi.cluster.MonitorLooks;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Tells what is wrong with volumes as the cluster sees them. Looks never take longer than {@link
 * Looks} allows, whatever hangs.
 */
public final class VolumeHealths {
  private static final String UNSERVED = "NoActiveMetadataServer";

  private final FileSystems fileSystems;
  private final Volumes volumes;
  private final VolumeJournal journal;
  private final Looks looks;

  public VolumeHealths(FileSystems fileSystems, VolumeJournal journal, Looks looks) {
    this.fileSystems = fileSystems;
    this.volumes = new Volumes(fileSystems, journal);
    this.journal = journal;
    this.looks = looks;
  }

  /** What the monitors say of a cluster. */
  public record Monitors(ClusterHealth health, List<FileSystem> fileSystems) {
    /** What is wrong with every volume of a filesystem. */
    public List<HealthProblem> of(long fscid) {
      return fileSystems.stream()
          .filter(fs -> fs.id() == fscid)
          .findFirst()
          .map(this::of)
          .orElse(List.of());
    }

    private List<HealthProblem> of(FileSystem fs) {
      List<HealthProblem> problems = new ArrayList<>();
      if (!fs.active()) {
        problems.add(
            inaccessible(
                UNSERVED,
                "filesystem %s has no active metadata server: start one (ceph fs status)"
                    .formatted(fs.name())));
      }
      for (ClusterHealth.Check check : health.checks()) {
        if (check.code().equals("MDS_DAMAGE")) {
          problems.add(
              degraded(
                  "MetadataDamaged",
                  "metadata of a filesystem is damaged, and maybe this volume's (%s): see ceph health detail and ceph tell mds.<id> damage ls"
                      .formatted(check.summary())));
        }
      }
      problems.addAll(health.ofPool(fs.metadataPoolId()));
      fs.dataPoolIds().forEach(pool -> problems.addAll(health.ofPool(pool)));
      return problems;
    }
  }

  /**
   * All that is known to be wrong; none for a healthy volume.
   *
   * @throws CsiException.NotFound when there is no such volume, or it is being made or deleted
   */
  public List<HealthProblem> of(VolumeId id, Credentials credentials) {
    ClusterMappings.Place place = fileSystems.place(id);
    ClusterConfig config = fileSystems.configs().require(place.clusterId());
    long until = looks.deadline();
    Look<Monitors> monitors = monitors(config, credentials, until);
    Look<List<HealthProblem>> subvolume =
        looks.begin(
            id.clusterId() + "/" + id.location(),
            id.text() + " as " + credentials,
            () -> answered(() -> look(id, credentials)),
            until);
    Optional<List<HealthProblem>> seen = subvolume.await(until);
    Optional<Monitors> told = monitors.await(until);
    List<HealthProblem> ofAll = told.map(m -> m.of(place.location())).orElse(List.of());
    List<HealthProblem> problems = new ArrayList<>();
    if (told.isEmpty()) {
      problems.add(MonitorLooks.problem(config, monitors, seen.isPresent()));
    } else if (seen.isEmpty() && !unserved(ofAll)) {
      problems.add(silent(subvolume, told.get()));
    }
    seen.ifPresent(problems::addAll);
    problems.addAll(ofAll);
    return problems;
  }

  /** Whether a filesystem with these problems would not answer, since nobody serves it. */
  public static boolean unserved(List<HealthProblem> ofFileSystem) {
    return ofFileSystem.stream().anyMatch(p -> p.reason().equals(UNSERVED));
  }

  /** Begins a look at a cluster's monitors. */
  public Look<Monitors> monitors(ClusterConfig config, Credentials credentials, long until) {
    return new MonitorLooks(looks, fileSystems::lend)
        .begin(
            config,
            credentials,
            until,
            "filesystems",
            cluster -> new Monitors(ClusterHealth.of(cluster), FileSystemMaps.ask(cluster)));
  }

  private static HealthProblem silent(Look<?> subvolume, Monitors monitors) {
    return inaccessible(
        "NotAnswering",
        "the volume's subvolume is not answering since %s; %s: see whether a manager is active (ceph mgr stat), and the metadata servers and OSDs"
            .formatted(subvolume.silentSince(), monitors.health().summary()));
  }

  /** A manager that does not answer in time is silence, not an answer. */
  static <T> T answered(Supplier<T> look) {
    try {
      return look.get();
    } catch (CsiException.Unavailable e) {
      throw new CephException(Errno.ETIMEDOUT, String.valueOf(e.getMessage()));
    }
  }

  private List<HealthProblem> look(VolumeId id, Credentials credentials) {
    try (Volume volume =
        volumes.open(id, credentials).orElseThrow(() -> Volumes.missing(id.text()))) {
      if (volume.showsSnapshot()) {
        return List.of();
      }
      Optional<Subvolume> there = volume.subvolumes().find(volume.subvolume());
      if (there.isPresent() && there.get() instanceof Subvolume.Live) {
        return List.of();
      }
      return List.of(
          missing(volume.opened(), volume.entry()).orElseThrow(() -> Volumes.missing(id.text())));
    }
  }

  /**
   * What is wrong with a volume whose subvolume is not there; empty for one that is just being made
   * or deleted.
   */
  private Optional<HealthProblem> missing(OpenFileSystem opened, VolumeEntry entry) {
    // Last: a deletion frees the name when the subvolume is gone.
    boolean made = entry.sizeBytes().isPresent() && !entry.discarded();
    if (!made || !journal.nameIsHeld(opened.pool(), entry)) {
      return Optional.empty();
    }
    return Optional.of(
        dataLoss(
            "SubvolumeMissing",
            "subvolume %s of filesystem %s is gone: restore the data from a snapshot or a backup, then delete the volume"
                .formatted(
                    opened.subvolumes().directory(entry.imageName()), opened.fileSystem().name())));
  }

  /** As {@link #of}, for a volume of a listing, with the names of all subvolumes. */
  public List<HealthProblem> ofListed(OpenFileSystem opened, String uuid, Set<String> names) {
    return journal
        .read(opened.pool(), uuid)
        .filter(entry -> entry.backingSnapshotId().isEmpty() && !names.contains(entry.imageName()))
        .flatMap(entry -> missing(opened, entry))
        .stream()
        .toList();
  }

  /**
   * The names of a filesystem's subvolumes.
   *
   * @throws CsiException.Unavailable when the manager does not answer in time
   */
  public Set<String> names(OpenFileSystem opened) {
    String clusterId = opened.config().clusterId();
    long until = looks.deadline();
    Look<Set<String>> look =
        looks.begin(
            clusterId + "/" + opened.location(),
            "subvolumes as " + opened.credentials(),
            () -> answered(() -> names(clusterId, opened.location(), opened.credentials())),
            until);
    return look.await(until)
        .orElseThrow(() ->
            new CsiException.Unavailable(
                "filesystem %s of cluster %s is not answering since %s: see its manager and metadata servers, then ask again"
                    .formatted(opened.fileSystem().name(), clusterId, look.silentSince()),
                null));
  }

  private Set<String> names(String clusterId, long fscid, Credentials credentials) {
    var opened = fileSystems.open(clusterId, fscid, credentials);
    if (opened.isEmpty()) {
      return Set.of();
    }
    try (OpenFileSystem fs = opened.get()) {
      return fs.subvolumes().names();
    }
  }
}
