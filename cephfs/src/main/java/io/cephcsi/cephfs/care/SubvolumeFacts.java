package io.cephcsi.cephfs.care;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cluster.care.Concealed;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReferences;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.journal.StoredName;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of a volume or a snapshot of a filesystem.
 *
 * @param kind null for a subvolume that no journal knows
 * @param name that owns it; empty when none is known
 * @param id as the PV has it for a handle; empty without a journal entry
 * @param subvolume the volume's, or that which the snapshot is of; empty for a volume that only
 *     shows a snapshot
 * @param live what the manager says of the subvolume; null when it cannot be used
 * @param state empty for a sound one
 * @param snapshot the name on the subvolume, of a snapshot
 * @param snapshots the names of all on the subvolume
 * @param shows the id of the snapshot that the volume only shows; empty for any other
 * @param shownBy the subvolume names of volumes that show this snapshot
 * @param directory the object with the name's key; empty when no name leads to it
 * @param directoryKey the name's key there
 * @param directoryValue what it leads to
 * @param object the UUID's; empty when there is none
 * @param keys of that object, without secrets
 */
public record SubvolumeFacts(
    @Nullable JournalKind kind,
    String fileSystem,
    String group,
    String name,
    String id,
    String subvolume,
    Subvolume.@Nullable Live live,
    String state,
    String snapshot,
    List<String> snapshots,
    String shows,
    List<String> shownBy,
    String directory,
    String directoryKey,
    String directoryValue,
    String object,
    Map<String, String> keys) {
  /**
   * Looks for it in a filesystem; empty when it is not there.
   *
   * @param asked the id of a volume or snapshot, the name that it was asked for by, its subvolume's
   *     name, or a UUID
   */
  public static Optional<SubvolumeFacts> of(
      OpenFileSystem opened, String instanceId, String asked) {
    var search = new Search(opened, instanceId);
    Optional<VolumeId> id = VolumeId.of(asked);
    return id.isPresent()
        ? id.filter(i -> i.location() == opened.location()).flatMap(i -> search.byUuid(i.uuid()))
        : search.byText(asked);
  }

  /** What there is of it, when it can be used. */
  static Subvolume.@Nullable Live live(Optional<Subvolume> there) {
    return there.isPresent() && there.get() instanceof Subvolume.Live live ? live : null;
  }

  /** Empty for a sound one, and for a volume that has none. */
  static String state(String subvolume, Optional<Subvolume> there) {
    if (subvolume.isEmpty()) {
      return "";
    }
    return switch (there.orElse(null)) {
      case null -> "subvolume is missing";
      case Subvolume.Live _ -> "";
      case Subvolume.Retained _ -> "only its snapshots are left";
      case Subvolume.Unfinished _ -> "a copy that is not complete";
      case Subvolume.HalfMade _ -> "half made";
    };
  }

  /** A search in one filesystem. */
  private record Search(OpenFileSystem opened, String instanceId) {
    private StoredJournal journal() {
      return new StoredJournal(opened.pool());
    }

    private VolumeJournal volumes() {
      return new VolumeJournal(instanceId, UUID::randomUUID);
    }

    Optional<SubvolumeFacts> byText(String text) {
      return byName(JournalKind.VOLUMES, text)
          .or(() -> byName(JournalKind.SNAPSHOTS, text))
          .or(() -> volumes().uuidOf(text).flatMap(this::byUuid))
          .or(() -> unknown(text));
    }

    private Optional<SubvolumeFacts> byName(JournalKind kind, String name) {
      return journal()
          .name(kind, kind.directory(instanceId), name)
          .flatMap(key -> byUuid(key.uuid()));
    }

    Optional<SubvolumeFacts> byUuid(String uuid) {
      return journal()
          .entry(JournalKind.VOLUMES, uuid)
          .map(this::volume)
          .or(() -> journal().entry(JournalKind.SNAPSHOTS, uuid).map(this::snapshot));
    }

    private SubvolumeFacts volume(StoredEntry entry) {
      Optional<VolumeEntry> known = volumes().read(opened.pool(), entry.uuid());
      String shows = known.map(VolumeEntry::backingSnapshotId).orElse("");
      String name = shows.isEmpty() ? entry.imageName() : "";
      return facts(entry, name, "", shows, List.of());
    }

    private SubvolumeFacts snapshot(StoredEntry entry) {
      String source =
          new SnapshotJournal(instanceId, UUID::randomUUID)
              .read(opened.pool(), entry.uuid())
              .map(SnapshotEntry::source)
              .orElse("");
      var shownBy = new TreeSet<String>();
      String id = id(entry);
      shownBy.addAll(opened.pool().list(SnapshotReferences.object(id), "", 1000).keySet());
      shownBy.remove(id);
      return facts(entry, source, entry.imageName(), "", List.copyOf(shownBy));
    }

    private String id(StoredEntry entry) {
      return new VolumeId(opened.config().clusterId(), opened.location(), entry.uuid()).text();
    }

    private SubvolumeFacts facts(
        StoredEntry entry, String subvolume, String snapshot, String shows, List<String> shownBy) {
      JournalKind kind = entry.kind();
      Optional<StoredName> key =
          journal()
              .name(kind, kind.directory(instanceId), entry.requestName())
              .filter(k -> k.uuid().equals(entry.uuid()));
      Optional<Subvolume> there =
          subvolume.isEmpty() ? Optional.empty() : opened.subvolumes().find(subvolume);
      List<String> snapshots =
          there.isEmpty() ? List.of() : List.copyOf(opened.subvolumes().snapshots(subvolume));
      String state =
          snapshot.isEmpty()
              ? state(subvolume, there)
              : snapshots.contains(snapshot) ? "" : "snapshot is missing";
      return new SubvolumeFacts(
          kind,
          opened.fileSystem().name(),
          opened.subvolumes().group(),
          entry.requestName(),
          id(entry),
          subvolume,
          live(there),
          entry.discarded() ? "being deleted" : state,
          snapshot,
          snapshots,
          shows,
          shownBy,
          key.map(StoredName::directory).orElse(""),
          key.map(StoredName::key).orElse(""),
          key.map(StoredName::value).orElse(""),
          entry.object(),
          Concealed.of(entry.keys()));
    }

    private Optional<SubvolumeFacts> unknown(String subvolume) {
      return opened
          .subvolumes()
          .find(subvolume)
          .map(there ->
              new SubvolumeFacts(
                  null,
                  opened.fileSystem().name(),
                  opened.subvolumes().group(),
                  "",
                  "",
                  subvolume,
                  live(Optional.of(there)),
                  state(subvolume, Optional.of(there)),
                  "",
                  List.copyOf(opened.subvolumes().snapshots(subvolume)),
                  "",
                  List.of(),
                  "",
                  "",
                  "",
                  "",
                  Map.of()));
    }
  }
}
