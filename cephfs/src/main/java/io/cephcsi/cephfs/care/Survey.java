package io.cephcsi.cephfs.care;

import io.cephcsi.ceph.Pool;
import io.cephcsi.cephfs.CloneState;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.Subvolumes;
import io.cephcsi.cephfs.care.Case.Content;
import io.cephcsi.cluster.care.JournalSurvey;
import io.cephcsi.cluster.care.ManyReads;
import io.cephcsi.cluster.care.Place;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReferences;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads journal, subvolumes and trackers, and puts together what belongs to each UUID. Other ids of
 * clusters may share the journal with another group of subvolumes, or the group with a journal in
 * another namespace: so what is missing in one is looked for in the others.
 */
final class Survey {
  private static final int PAGE = 1000;

  /** One that a listing had, of which nothing else is asked. */
  private static final Subvolume SEEN = new Subvolume.Live("", 0, 1, "", Instant.EPOCH);

  private final OpenFileSystem opened;
  private final VolumeJournal volumes = new VolumeJournal("", UUID::randomUUID);
  private final SnapshotJournal snapshots = new SnapshotJournal("", UUID::randomUUID);
  private final List<Place> trackers = new ArrayList<>();
  private final JournalSurvey journal;

  /** Its own first. */
  private final List<Subvolumes> groups;

  private @Nullable Set<String> uuidsAnywhere;

  private Survey(OpenFileSystem opened) {
    this.opened = opened;
    this.groups =
        Stream.concat(Stream.of(opened.subvolumes()), opened.subvolumes().others().stream())
            .toList();
    this.journal = JournalSurvey.of(opened, this::object);
  }

  /** What was read of all; volumes that look as a driver leaves them are left out. */
  record Result(Survey survey, List<Case> cases) {}

  static Result of(OpenFileSystem opened, Progress progress) {
    progress.expect("objects", 2);
    var survey = new Survey(opened);
    progress.done(1);
    return new Result(survey, survey.cases(progress));
  }

  private void object(String object) {
    SnapshotReferences.snapshotIdOf(object)
        .ifPresent(_ -> trackers.add(new Place(JournalKind.SNAPSHOTS, "", object, "")));
  }

  private List<Case> cases(Progress progress) {
    Set<String> there = opened.subvolumes().names();
    progress.done(1);
    there.forEach(name ->
        JournalKind.VOLUMES
            .uuidOfImage(name)
            .ifPresent(uuid -> journal.add(Place.of(JournalKind.VOLUMES, uuid))));
    List<Place> places = new ArrayList<>(journal.places());
    places.addAll(trackers);
    progress.expect("journal", places.size());
    return ManyReads.of(opened, places, (pool, of) -> read(pool, of, there::contains), progress)
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  /** One of them, as it is now; empty when all of it is gone, or sound. */
  Optional<Case> again(Place of) {
    return read(opened.pool(), of, _ -> false);
  }

  /**
   * @param listed whether a subvolume is known to be there, so that the manager need not be asked
   *     about each
   */
  private Optional<Case> read(Pool pool, Place of, Predicate<String> listed) {
    Optional<String> tracked = SnapshotReferences.snapshotIdOf(of.directory());
    if (tracked.isPresent()) {
      return tracker(pool, of, tracked.get());
    }
    if (of.uuid().isEmpty()) {
      return Optional.of(uuid(pool, of, Optional.empty(), new Content.None()));
    }
    Optional<StoredEntry> entry = new StoredJournal(pool).entry(of.kind(), of.uuid());
    if (of.kind() == JournalKind.SNAPSHOTS) {
      return Optional.of(uuid(pool, of, entry, cut(pool, of)));
    }
    Optional<VolumeEntry> known = volumes.read(pool, of.uuid());
    boolean whole =
        known.filter(v -> v.sizeBytes().isPresent() && listed.test(v.imageName())).isPresent();
    Content content =
        whole
            ? new Content.OfVolume(known.get().imageName(), SEEN)
            : volume(known, defaultName(of));
    boolean others = entry.isEmpty() && content instanceof Content.OfVolume && knownAnywhere(of);
    return others ? Optional.empty() : Optional.of(uuid(pool, of, entry, content));
  }

  private Case uuid(Pool pool, Place of, Optional<StoredEntry> entry, Content content) {
    return new Case.OfUuid(of, journal.namesNow(pool, of, entry), entry.orElse(null), content);
  }

  private static String defaultName(Place of) {
    return new StoredEntry(of.kind(), of.uuid(), Map.of(), Instant.EPOCH).imageName();
  }

  private Content volume(Optional<VolumeEntry> entry, String defaultName) {
    if (entry.filter(v -> !v.backingSnapshotId().isEmpty()).isPresent()) {
      return new Content.Shown();
    }
    String name = entry.map(VolumeEntry::imageName).orElse(defaultName);
    for (Subvolumes group : groups) {
      Optional<Subvolume> there = group.find(name);
      if (there.isPresent()) {
        return there.get() instanceof Subvolume.Unfinished
            ? copy(group, name)
            : new Content.OfVolume(name, there.get());
      }
    }
    return new Content.None();
  }

  private static Content copy(Subvolumes group, String name) {
    return new Content.Copy(
        group.group(), name, group.cloneState(name).orElse(new CloneState.Complete()));
  }

  /** Whether a journal in any namespace knows it; read once, since it may take long. */
  private synchronized boolean knownAnywhere(Place of) {
    Set<String> all = uuidsAnywhere;
    if (all == null) {
      all = volumesAnywhere();
      uuidsAnywhere = all;
    }
    return all.contains(of.uuid());
  }

  private Set<String> volumesAnywhere() {
    Set<String> uuids = new HashSet<>();
    try (Pool pool = opened.cluster().openPool(opened.pool().id(), Pool.ALL_NAMESPACES)) {
      pool.forEachObject(o -> JournalKind.VOLUMES.uuidOfObject(o).ifPresent(uuids::add));
    }
    return uuids;
  }

  private Content cut(Pool pool, Place of) {
    Optional<SnapshotEntry> entry =
        snapshots.read(pool, of.uuid()).filter(s -> !s.source().isEmpty());
    Optional<Subvolumes> group = entry.flatMap(this::groupOf);
    if (group.isEmpty()) {
      return new Content.None();
    }
    String id = new VolumeId(opened.config().clusterId(), opened.location(), of.uuid()).text();
    boolean tracked =
        trackers.stream()
            .map(Place::directory)
            .filter(object -> object.endsWith(of.uuid()) || object.endsWith(id))
            .anyMatch(object -> pool.changedAt(object).isPresent());
    return new Content.Cut(
        group.get().group(), entry.get().source(), entry.get().imageName(), tracked);
  }

  private Optional<Subvolumes> groupOf(SnapshotEntry cut) {
    return groups.stream()
        .filter(group -> group.snapshot(cut.source(), cut.imageName()).isPresent())
        .findFirst();
  }

  private Optional<Case> tracker(Pool pool, Place of, String snapshotId) {
    Optional<Instant> changed = pool.changedAt(of.directory());
    if (changed.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> entries = entries(pool, of.directory());
    Set<String> gone = new TreeSet<>(entries.keySet());
    gone.removeIf(name -> name.equals(snapshotId) || shows(pool, name, snapshotId));
    boolean known =
        VolumeId.of(snapshotId).flatMap(id -> snapshots.read(pool, id.uuid())).isPresent();
    return Optional.of(new Case.Tracker(of, snapshotId, entries, changed.get(), known, gone));
  }

  private static Map<String, String> entries(Pool pool, String object) {
    Map<String, String> entries = new TreeMap<>();
    for (SortedMap<String, String> page = pool.list(object, "", PAGE);
        !page.isEmpty();
        page = pool.list(object, page.lastKey(), PAGE)) {
      entries.putAll(page);
    }
    return entries;
  }

  private boolean shows(Pool pool, String volume, String snapshotId) {
    return volumes
        .uuidOf(volume)
        .flatMap(uuid -> volumes.read(pool, uuid))
        .filter(entry -> entry.backingSnapshotId().equals(snapshotId))
        .isPresent();
  }
}
