package io.cephcsi.cluster.care;

import io.cephcsi.ceph.OmapStore;
import io.cephcsi.cluster.Opened;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.journal.StoredName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Reads which directories, names and objects there are in a journal, and the places of them. */
public final class JournalSurvey {
  private final Opened opened;
  private final Map<JournalKind, Set<String>> directories = new HashMap<>();
  private final Map<Place, List<StoredName>> names = new HashMap<>();
  private final Set<Place> places = new LinkedHashSet<>();

  private JournalSurvey(Opened opened) {
    this.opened = opened;
    for (JournalKind kind : JournalKind.values()) {
      directories.put(kind, new TreeSet<>());
    }
  }

  /**
   * Reads it.
   *
   * @param objects hears of each object in its pool and namespace
   */
  public static JournalSurvey of(Opened opened, Consumer<String> objects) {
    var survey = new JournalSurvey(opened);
    opened
        .pool()
        .forEachObject(object -> {
          survey.object(object);
          objects.accept(object);
        });
    survey.readNames();
    return survey;
  }

  private void object(String object) {
    for (JournalKind kind : JournalKind.values()) {
      if (kind.isDirectory(object)) {
        directories(kind).add(object);
      }
      kind.uuidOfObject(object).ifPresent(uuid -> places.add(Place.of(kind, uuid)));
    }
  }

  /** The directories of all instances. */
  public Set<String> directories(JournalKind kind) {
    return Objects.requireNonNull(directories.get(kind));
  }

  private void readNames() {
    var journal = new StoredJournal(opened.pool());
    for (JournalKind kind : JournalKind.values()) {
      for (String directory : directories(kind)) {
        journal.names(kind, directory).forEach(this::name);
        for (String key : journal.purgeNotes(directory).keySet()) {
          uuidOfNote(key).ifPresent(uuid -> places.add(Place.of(kind, uuid)));
        }
      }
    }
  }

  private static Optional<String> uuidOfNote(String key) {
    String uuid = key.substring(StoredJournal.purgeKey("").length());
    return uuid.length() == 36 ? Optional.of(uuid) : Optional.empty();
  }

  private void name(StoredName name) {
    Place of =
        leadsHere(name)
            ? Place.of(name.kind(), name.uuid())
            : new Place(name.kind(), "", name.directory(), name.name());
    if (leadsHere(name) || !leadsElsewhere(name)) {
      names.computeIfAbsent(of, _ -> new ArrayList<>()).add(name);
      places.add(of);
    }
  }

  private boolean leadsHere(StoredName name) {
    long pool = opened.pool().id();
    return name.readable() && name.poolId().orElse(pool) == pool;
  }

  /** Into another pool that is there: that one's journal tells. */
  private boolean leadsElsewhere(StoredName name) {
    return name.readable()
        && name.poolId().stream().anyMatch(pool -> opened.cluster().poolName(pool).isPresent());
  }

  /** All places, in the order in which they were met. */
  public List<Place> places() {
    return List.copyOf(places);
  }

  /** One more, of which something is stored elsewhere. */
  public void add(Place place) {
    places.add(place);
  }

  /** Those that led to it, and the one that its object says, as far as they do now. */
  public List<StoredName> namesNow(OmapStore store, Place of, Optional<StoredEntry> entry) {
    var journal = new StoredJournal(store);
    Set<StoredName> now = new LinkedHashSet<>();
    for (StoredName name : names.getOrDefault(of, List.of())) {
      journal
          .name(of.kind(), name.directory(), name.name())
          .filter(n -> n.value().equals(name.value()))
          .ifPresent(now::add);
    }
    entry
        .map(StoredEntry::requestName)
        .filter(name -> now.isEmpty() && !name.isEmpty())
        .ifPresent(name ->
            directories(of.kind())
                .forEach(directory ->
                    journal
                        .name(of.kind(), directory, name)
                        .filter(n -> n.uuid().equals(of.uuid()))
                        .ifPresent(now::add)));
    return List.copyOf(now);
  }
}
