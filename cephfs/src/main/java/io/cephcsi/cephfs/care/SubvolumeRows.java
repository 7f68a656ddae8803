package io.cephcsi.cephfs.care;

import io.cephcsi.ceph.Pool;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cluster.care.ManyReads;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.journal.StoredName;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The volumes of a filesystem with what the journal says: an operation for each, one for each
 * snapshot, and one question each to manager and metadata server for all of them. Only who asks how
 * much is used has the manager asked about each.
 */
public final class SubvolumeRows {
  private final OpenFileSystem opened;
  private final boolean used;
  private final VolumeJournal volumes;
  private final Set<String> there;
  private final Map<String, Integer> snapshots;
  private final MountSessions sessions;

  private SubvolumeRows(
      OpenFileSystem opened, boolean used, String instanceId, Map<String, Integer> snapshots) {
    this.opened = opened;
    this.used = used;
    this.volumes = new VolumeJournal(instanceId, UUID::randomUUID);
    this.there = opened.subvolumes().names();
    this.snapshots = snapshots;
    this.sessions = MountSessions.of(opened);
  }

  /**
   * All volumes of a driver's instance, in the order of their names.
   *
   * @param used whether the manager is asked about each: how much of it is used, when it was made,
   *     and whether it is whole
   */
  public static List<SubvolumeRow> of(
      OpenFileSystem opened, String instanceId, boolean used, Progress progress) {
    List<StoredName> names = names(opened, JournalKind.VOLUMES, instanceId);
    progress.expect("volumes", names.size());
    var rows = new SubvolumeRows(opened, used, instanceId, snapshots(opened, instanceId, progress));
    return ManyReads.of(opened, names, rows::row, progress);
  }

  private static List<StoredName> names(OpenFileSystem opened, JournalKind kind, String instance) {
    return new StoredJournal(opened.pool()).names(kind, kind.directory(instance));
  }

  /** How many there are of each subvolume. */
  private static Map<String, Integer> snapshots(
      OpenFileSystem opened, String instanceId, Progress progress) {
    List<StoredName> names = names(opened, JournalKind.SNAPSHOTS, instanceId);
    progress.expect("snapshots", names.size());
    var journal = new SnapshotJournal(instanceId, UUID::randomUUID);
    return ManyReads.of(opened, names, (pool, name) -> journal.read(pool, name.uuid()), progress)
        .stream()
        .flatMap(Optional::stream)
        .collect(Collectors.toMap(SnapshotEntry::source, _ -> 1, Integer::sum));
  }

  private SubvolumeRow row(Pool pool, StoredName name) {
    if (!name.readable()) {
      return without(name.name(), "", "unreadable name");
    }
    return volumes
        .read(pool, name.uuid())
        .map(entry -> row(name.name(), entry))
        .orElseGet(() -> without(name.name(), name.uuid(), "no journal object"));
  }

  private SubvolumeRow row(String name, VolumeEntry entry) {
    boolean shows = !entry.backingSnapshotId().isEmpty();
    String subvolume = shows ? "" : entry.imageName();
    Optional<Subvolume> asked =
        used && !shows ? opened.subvolumes().find(subvolume) : Optional.empty();
    Subvolume.Live live = SubvolumeFacts.live(asked);
    String state = used ? SubvolumeFacts.state(subvolume, asked) : listed(subvolume);
    return new SubvolumeRow(
        name,
        id(entry.uuid()),
        opened.fileSystem().name(),
        opened.subvolumes().group(),
        subvolume,
        live == null ? entry.sizeBytes().orElse(0) : live.quotaBytes(),
        live == null ? null : live.usedBytes(),
        clients(subvolume),
        snapshots.getOrDefault(subvolume, 0),
        live == null ? null : live.createdAt(),
        entry.discarded() ? "being deleted" : state);
  }

  private String listed(String subvolume) {
    return subvolume.isEmpty() || there.contains(subvolume) ? "" : "subvolume is missing";
  }

  /** Who has a snapshot mounted has it by the subvolume that it is of. */
  private @Nullable Integer clients(String subvolume) {
    if (subvolume.isEmpty() || !sessions.untold().isEmpty()) {
      return null;
    }
    String directory = opened.subvolumes().directory(subvolume);
    int all = sessions.below(directory).all().size();
    return all - sessions.below(directory + "/.snap").all().size();
  }

  private SubvolumeRow without(String name, String uuid, String state) {
    return new SubvolumeRow(
        name,
        uuid.isEmpty() ? "" : id(uuid),
        opened.fileSystem().name(),
        opened.subvolumes().group(),
        "",
        0,
        null,
        null,
        0,
        null,
        state);
  }

  private String id(String uuid) {
    return new VolumeId(opened.config().clusterId(), opened.location(), uuid).text();
  }
}
