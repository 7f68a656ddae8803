package io.cephcsi.rbd.care;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ImageState;
import io.cephcsi.ceph.Pool;
import io.cephcsi.ceph.SnapshotHeader;
import io.cephcsi.ceph.TrashEntry;
import io.cephcsi.cluster.care.JournalSurvey;
import io.cephcsi.cluster.care.ManyReads;
import io.cephcsi.cluster.care.Place;
import io.cephcsi.cluster.care.Progress;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredJournal;
import io.cephcsi.rbd.AbandonedSnapshots;
import io.cephcsi.rbd.IntermediateImage;
import io.cephcsi.rbd.OpenPool;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads journal, images and trash of a pool, and puts together what belongs to each UUID. */
final class Survey {
  private final OpenPool place;
  private final JournalSurvey journal;
  private final Map<Place, List<Case.Cut>> cuts = new HashMap<>();

  private Survey(OpenPool place, JournalSurvey journal) {
    this.place = place;
    this.journal = journal;
  }

  /** What was read of all; those that look as a driver leaves them are left out. */
  record Result(Survey survey, List<Case> cases) {}

  static Result of(OpenPool place, Progress progress) {
    progress.expect("objects", 1);
    var survey = new Survey(place, JournalSurvey.of(place, _ -> {}));
    progress.done(1);
    return new Result(survey, survey.cases(progress));
  }

  /** One of them, as it is now. */
  Case again(Place of) {
    Pool pool = place.pool();
    return read(pool, of, pool::imageId, pool::trashEntries);
  }

  private List<Case> cases(Progress progress) {
    Pool pool = place.pool();
    Map<String, String> images = pool.images();
    List<TrashEntry> trash = pool.trashEntries();
    images.keySet().forEach(this::image);
    trash.forEach(entry -> image(entry.name()));
    List<String> ours = images.keySet().stream().filter(Survey::mayHaveCuts).toList();
    progress.expect("images", ours.size());
    ManyReads.of(place, ours, (p, name) -> cuts(p, name, images.get(name)), progress)
        .forEach(found -> found.forEach(this::cut));
    List<Place> places = journal.places();
    progress.expect("journal", places.size());
    Function<String, Optional<String>> id = name -> Optional.ofNullable(images.get(name));
    return ManyReads.of(
            place,
            places,
            (p, of) -> Optional.of(read(p, of, id, () -> trash)).filter(c -> !looksSound(c)),
            progress)
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  private void image(String name) {
    String whole = IntermediateImage.withoutSuffix(name);
    for (JournalKind kind : JournalKind.values()) {
      kind.uuidOfImage(whole).ifPresent(uuid -> journal.add(Place.of(kind, uuid)));
    }
  }

  private static boolean mayHaveCuts(String image) {
    return image.length() > 36;
  }

  private List<Case.Cut> cuts(Pool pool, String image, @Nullable String imageId) {
    if (imageId == null) {
      return List.of();
    }
    List<Long> ids = pool.imageState(imageId).map(ImageState::snapshots).orElse(List.of());
    return pool.snapshotHeaders(imageId, ids).stream()
        .filter(s -> isCut(pool, image, s))
        .map(s -> new Case.Cut(image, imageId, s.snapshot()))
        .toList();
  }

  /**
   * Named after another image of ours, or it was and no clone keeps it; what restores are cloned
   * from has the image's own name.
   */
  private static boolean isCut(Pool pool, String image, SnapshotHeader header) {
    ImageSnapshot snapshot = header.snapshot();
    String copy = IntermediateImage.withoutSuffix(snapshot.name());
    return (snapshot.kind() == ImageSnapshot.Kind.USER || AbandonedSnapshots.isOf(pool, header))
        && !copy.equals(IntermediateImage.withoutSuffix(image))
        && Stream.of(JournalKind.values()).anyMatch(kind -> kind.uuidOfImage(copy).isPresent());
  }

  private void cut(Case.Cut cut) {
    String copy = IntermediateImage.withoutSuffix(cut.snapshot().name());
    for (JournalKind kind : JournalKind.values()) {
      kind.uuidOfImage(copy)
          .map(uuid -> Place.of(kind, uuid))
          .ifPresent(of -> {
            cuts.computeIfAbsent(of, _ -> new ArrayList<>()).add(cut);
            journal.add(of);
          });
    }
  }

  private Case read(
      Pool pool,
      Place of,
      Function<String, Optional<String>> idOf,
      Supplier<List<TrashEntry>> trash) {
    Optional<StoredEntry> entry =
        of.uuid().isEmpty()
            ? Optional.empty()
            : new StoredJournal(pool).entry(of.kind(), of.uuid());
    String image = entry.map(StoredEntry::imageName).orElseGet(() -> defaultImage(of));
    String temp = IntermediateImage.of(image);
    var shallow =
        new Case(
            of,
            journal.namesNow(pool, of, entry),
            entry.orElse(null),
            notes(pool, of),
            idOf.apply(image).map(id -> nameOnly(image, id)).orElse(null),
            null,
            of.uuid().isEmpty() ? List.of() : trashed(pool, Set.of(image, temp), trash.get()),
            cuts.getOrDefault(of, List.of()).stream().filter(cut -> isThere(pool, cut)).toList());
    return looksSound(shallow)
        ? shallow // no image need be opened
        : new Case(
            of,
            shallow.names(),
            shallow.entry(),
            shallow.notes(),
            seen(pool, image, idOf),
            seen(pool, temp, idOf),
            shallow.trashed(),
            shallow.cuts());
  }

  private static String defaultImage(Place of) {
    return new StoredEntry(of.kind(), of.uuid(), Map.of(), Instant.EPOCH).imageName();
  }

  private List<Case.Note> notes(Pool pool, Place of) {
    if (of.uuid().isEmpty()) {
      return List.of();
    }
    String key = StoredJournal.purgeKey(of.uuid());
    List<Case.Note> notes = new ArrayList<>();
    for (String directory : journal.directories(of.kind())) {
      String value = pool.get(directory, Set.of(key)).getOrDefault(key, "");
      if (!value.isEmpty()) {
        notes.add(new Case.Note(directory, key, value));
      }
    }
    return notes;
  }

  private static Case.@Nullable SeenImage seen(
      Pool pool, String name, Function<String, Optional<String>> idOf) {
    return idOf.apply(name).map(id -> seen(pool, name, id)).orElse(null);
  }

  private static Case.SeenImage seen(Pool pool, String name, String id) {
    Optional<ImageState> state = pool.imageState(id);
    if (state.isEmpty()) {
      return nameOnly(name, id);
    }
    try (Image image = pool.openImageByIdReadOnly(id)) {
      return new Case.SeenImage(
          name,
          id,
          state.get(),
          image.watchers().size(),
          image.parentLink().isPresent(),
          image.mirrored(),
          pool.snapshotHeaders(id, state.get().snapshots()));
    } catch (CephException e) {
      requireMissing(e);
      return nameOnly(name, id);
    }
  }

  private static Case.SeenImage nameOnly(String name, String id) {
    return new Case.SeenImage(name, id, null, 0, false, false, List.of());
  }

  private static List<Case.Trashed> trashed(Pool pool, Set<String> names, List<TrashEntry> trash) {
    return trash.stream()
        .filter(entry -> names.contains(entry.name()))
        .map(entry -> new Case.Trashed(entry, seen(pool, entry.name(), entry.imageId())))
        .toList();
  }

  private static boolean isThere(Pool pool, Case.Cut cut) {
    return pool.snapshotHeaders(cut.imageId(), List.of(cut.snapshot().id())).stream()
        .anyMatch(s -> isCut(pool, cut.image(), s));
  }

  private static void requireMissing(CephException e) {
    if (e.errno() != Errno.ENOENT) {
      throw e;
    }
  }

  private static boolean looksSound(Case c) {
    return c.names().size() == 1
        && c.entry() != null
        && !c.entry().imageId().isEmpty()
        && !c.entry().discarded()
        && !c.entry().unfinished()
        && c.names().getFirst().name().equals(c.entry().requestName())
        && c.image() != null
        && c.notes().isEmpty()
        && c.trashed().isEmpty()
        && c.cuts().isEmpty();
  }
}
