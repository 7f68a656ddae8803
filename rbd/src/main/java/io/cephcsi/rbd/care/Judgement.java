package io.cephcsi.rbd.care;

import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.ImageState;
import io.cephcsi.ceph.SnapshotHeader;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.JournalStep;
import io.cephcsi.cluster.care.Step;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredName;
import io.cephcsi.rbd.IntermediateImage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tells of one case what is wrong with it and what mends it; asks nobody.
 *
 * <p>A driver writes the object first, then the name's key, then makes the image, then stores its
 * id; it deletes the image first, then the key, then the object. So each thing that stands alone
 * and has not been touched for a while is what some step left.
 */
final class Judgement {
  private final Case of;
  private final Instant oldBefore;
  private final String instanceId;
  private final List<Finding> findings = new ArrayList<>();

  private Judgement(Case of, Instant oldBefore, String instanceId) {
    this.of = of;
    this.oldBefore = oldBefore;
    this.instanceId = instanceId;
  }

  /**
   * What is wrong.
   *
   * @param now when the case was read
   * @param grace how long something must have been left alone
   * @param instanceId whose directory gets back a name that was lost
   */
  static List<Finding> of(Case of, Instant now, Duration grace, String instanceId) {
    var judgement = new Judgement(of, now.minus(grace), instanceId);
    judgement.judge();
    return judgement.findings;
  }

  private void judge() {
    if (of.place().uuid().isEmpty()) {
      of.names().stream()
          .filter(name -> !mapsVolume(name))
          .forEach(name -> unusable(name, "it leads to " + said(name.value())));
      return;
    }
    StoredEntry entry = of.entry();
    if (entry != null && entry.journalPool().isPresent()) {
      return; // its names are in another pool
    }
    List<StoredName> names = ownNames();
    if (!of.notes().isEmpty()) {
      purging();
    } else if (names.isEmpty()) {
      nameless();
    } else if (entry == null || entry.requestName().isEmpty()) {
      withoutObject(names);
    } else {
      named(names, entry);
    }
    leftovers(names);
  }

  /** ceph-csi keeps, at the id of a volume from before a failover, the id that it has now. */
  private static boolean mapsVolume(StoredName name) {
    return VolumeId.of(name.name()).isPresent() && VolumeId.of(name.value()).isPresent();
  }

  /** Those that its object says; another one was put there by hand. */
  private List<StoredName> ownNames() {
    StoredEntry entry = of.entry();
    if (entry == null || entry.requestName().isEmpty()) {
      return of.names();
    }
    List<StoredName> own = new ArrayList<>();
    for (StoredName name : of.names()) {
      if (name.name().equals(entry.requestName())) {
        own.add(name);
      } else {
        unusable(name, "it leads to the object of " + entry.requestName());
      }
    }
    return own;
  }

  private static String said(String value) {
    return value.isEmpty() ? "nothing" : "\"" + value + "\"";
  }

  private void unusable(StoredName name, String cause) {
    add(
        Finding.Kind.UNUSABLE_NAME,
        "name %s in %s".formatted(name.name(), name.directory()),
        cause,
        null,
        List.of(JournalStep.removeKey(name)));
  }

  /** What was deleted by this driver, whose purge goes on in the background. */
  private void purging() {
    if (of.image() != null) {
      return; // taken back from the trash by hand
    }
    List<Step> steps = new ArrayList<>();
    for (Case.Trashed trashed : of.trashed()) {
      if (waits(trashed)) {
        return;
      }
      steps.addAll(purge(trashed));
    }
    boolean purged = of.trashed().isEmpty();
    steps.addAll(removeObject());
    of.notes()
        .forEach(n -> steps.add(new JournalStep.RemoveKey(n.directory(), n.key(), n.value())));
    add(
        purged ? Finding.Kind.STALE_NOTE : Finding.Kind.TRASH_ENTRY,
        purged ? "note " + of.notes().getFirst().key() : trashedNames(),
        purged ? "its image is gone" : "it was deleted and is to be purged",
        latest(trashedAt(), changedAt()),
        steps);
  }

  private void nameless() {
    StoredEntry entry = of.entry();
    Case.SeenImage image = of.image();
    if (entry == null) {
      if (image != null) {
        imageWithoutEntry(image);
      } else if (!of.trashed().isEmpty()) {
        strangersTrash();
      }
    } else if (image == null && of.trashed().isEmpty()) {
      add(
          Finding.Kind.ORPHAN_OBJECT,
          "object " + entry.object(),
          "no name leads to it, and it has no image",
          entry.changedAt(),
          removeObject());
    } else if (image == null) {
      trashed(entry, List.of());
    } else {
      namelessImage(entry, image);
    }
  }

  /** By hand, or by a driver with another journal: what it was, and who wants it, is not known. */
  private void strangersTrash() {
    if (of.trashed().stream().anyMatch(this::waits)) {
      return;
    }
    String ids = String.join(", ", of.trashed().stream().map(t -> t.entry().imageId()).toList());
    add(
        Finding.Kind.TRASH_ENTRY,
        trashedNames(),
        "nothing in the journal leads to it, so that somebody may have moved it there by hand: take it back (rbd trash restore) or remove it (rbd trash rm), by its id %s"
            .formatted(ids),
        trashedAt(),
        List.of());
  }

  private void imageWithoutEntry(Case.SeenImage image) {
    Instant created = Optional.ofNullable(image.state()).map(ImageState::createdAt).orElse(null);
    String cause =
        image.mirrored()
            ? "its UUID has no journal object; it is mirrored, so that another cluster may have it"
            : "its UUID has no journal object";
    Step step =
        image.state() == null
            ? new ImageStep.RemoveImage(image.name(), image.id())
            : new ImageStep.TrashImage(image.name(), image.id());
    add(
        Finding.Kind.IMAGE_WITHOUT_ENTRY,
        "image " + image.name(),
        cause,
        created,
        image.mirrored() ? List.of() : List.of(step));
  }

  private void namelessImage(StoredEntry entry, Case.SeenImage image) {
    String directory = entry.kind().directory(instanceId);
    String cause = "no name leads to it, its image " + image.name() + " is there";
    List<Step> steps =
        entry.discarded() || entry.requestName().isEmpty() || entry.imageId().isEmpty()
            ? List.of()
            : List.of(
                new JournalStep.PutKey(
                    directory, entry.kind().key(entry.requestName()), entry.uuid()));
    if (entry.imageId().isEmpty() && isHalfMade(entry, image)) {
      halfMade(entry, image, List.of());
    } else {
      add(Finding.Kind.ORPHAN_OBJECT, "object " + entry.object(), cause, entry.changedAt(), steps);
    }
  }

  /** Nothing is known but the name; where the image is there, it is the volume still. */
  private void withoutObject(List<StoredName> names) {
    StoredName name = names.getFirst();
    Case.SeenImage image = of.image();
    List<Step> steps = new ArrayList<>();
    String cause = "object %s is missing or empty".formatted(object());
    if (image != null && image.state() != null && of.place().kind() == JournalKind.VOLUMES) {
      steps.add(
          new JournalStep.MakeObject(
              of.place().kind(),
              of.place().uuid(),
              StoredEntry.anew(of.place().kind(), name.name(), image.name(), image.id())));
      cause += ", image %s is there".formatted(image.name());
    } else {
      steps.addAll(giveUp());
      if (image != null) {
        steps.add(new ImageStep.TrashImage(image.name(), image.id()));
      }
      names.forEach(n -> steps.add(JournalStep.removeKey(n)));
      steps.addAll(removeGivenUp());
    }
    Instant created = image == null || image.state() == null ? null : image.state().createdAt();
    add(
        Finding.Kind.KEY_WITHOUT_OBJECT,
        "name %s in %s".formatted(name.name(), name.directory()),
        cause,
        latest(created, changedAt()),
        steps);
  }

  private void named(List<StoredName> names, StoredEntry entry) {
    Case.SeenImage image = of.image();
    if (image != null && entry.imageId().isEmpty()) {
      if (isHalfMade(entry, image)) {
        halfMade(entry, image, names);
      } else {
        unfinished(entry, image);
      }
    } else if (image != null && entry.unfinished() && !entry.discarded()) {
      withoutOwnSnapshot(entry, image);
    } else if (image == null && !of.trashed().isEmpty()) {
      trashed(entry, names);
    } else if (image == null) {
      List<Step> steps = new ArrayList<>(giveUp());
      names.forEach(name -> steps.add(JournalStep.removeKey(name)));
      steps.addAll(removeGivenUp());
      add(
          Finding.Kind.ENTRY_WITHOUT_IMAGE,
          "%s %s".formatted(word(), entry.requestName()),
          entry.imageId().isEmpty()
              ? "image %s was never made".formatted(entry.imageName())
              : "image %s is gone".formatted(entry.imageName()),
          entry.changedAt(),
          steps);
    }
  }

  /**
   * This driver answers with an image only when its id is stored. So does ceph-csi today; its early
   * versions stored none, so that a whole image of its that no copy hinders is taken for finished.
   */
  private boolean isHalfMade(StoredEntry entry, Case.SeenImage image) {
    boolean ours = entry.keys().keySet().stream().anyMatch(key -> key.startsWith("cephcsi."));
    boolean copying = of.intermediate() != null && !image.cloned();
    boolean cut = of.cuts().stream().anyMatch(c -> !c.nameless());
    return image.state() == null || ours || copying || cut;
  }

  private void halfMade(StoredEntry entry, Case.SeenImage image, List<StoredName> names) {
    List<Step> steps = new ArrayList<>(giveUp());
    for (Case.SeenImage made : images()) {
      steps.addAll(removeSnapshots(made));
      steps.add(new ImageStep.RemoveImage(made.name(), made.id()));
    }
    of.cuts().forEach(cut -> steps.add(remove(cut)));
    names.forEach(name -> steps.add(JournalStep.removeKey(name)));
    steps.addAll(removeGivenUp());
    add(
        Finding.Kind.HALF_MADE,
        "image " + image.name(),
        image.state() == null
            ? "it has a name and no header"
            : "%s %s was never finished".formatted(word(), entry.requestName()),
        latest(image.state() == null ? null : image.state().createdAt(), entry.changedAt()),
        steps);
  }

  private void unfinished(StoredEntry entry, Case.SeenImage image) {
    add(
        Finding.Kind.UNFINISHED,
        "%s %s".formatted(word(), entry.requestName()),
        "object %s has no id of image %s".formatted(entry.object(), image.name()),
        latest(image.state() == null ? null : image.state().createdAt(), entry.changedAt()),
        List.of(new ImageStep.Finish(entry.kind(), entry.uuid(), entry.keys(), image.id())));
  }

  /** This driver makes it at the first restore; ceph-csi does not. */
  private void withoutOwnSnapshot(StoredEntry entry, Case.SeenImage image) {
    add(
        Finding.Kind.UNFINISHED,
        "%s %s".formatted(word(), entry.requestName()),
        "image %s may lack its own snapshot, without which ceph-csi restores nothing from it"
            .formatted(image.name()),
        entry.changedAt(),
        List.of(
            new ImageStep.FinishSnapshot(
                entry.kind(), entry.uuid(), entry.keys(), image.name(), image.id())));
  }

  /** It is in the trash by a deletion that was cut off, or by somebody's hand. */
  private void trashed(StoredEntry entry, List<StoredName> names) {
    if (entry.discarded()) {
      List<Step> after = new ArrayList<>();
      names.forEach(name -> after.add(JournalStep.removeKey(name)));
      after.addAll(removeObject());
      trashEntry("its deletion was cut off", after);
    } else {
      add(
          Finding.Kind.ENTRY_WITHOUT_IMAGE,
          "%s %s".formatted(word(), entry.requestName()),
          "its image is in the trash and was not deleted by a driver: take it back (rbd trash restore), or delete the volume",
          null,
          List.of());
    }
  }

  private void trashEntry(String cause, List<Step> after) {
    List<Step> steps = new ArrayList<>();
    for (Case.Trashed trashed : of.trashed()) {
      if (waits(trashed)) {
        return;
      }
      steps.addAll(purge(trashed));
    }
    steps.addAll(after);
    add(Finding.Kind.TRASH_ENTRY, trashedNames(), cause, latest(trashedAt(), changedAt()), steps);
  }

  /** Clones hang on it, or somebody wants it kept: that is as it should be. */
  private boolean waits(Case.Trashed trashed) {
    boolean wanted =
        trashed.entry().keepUntil().isAfter(trashed.entry().movedAt().plusSeconds(1))
            && trashed.entry().keepUntil().isAfter(oldBefore);
    return wanted
        || trashed.image().snapshots().stream().anyMatch(s -> !s.abandoned() && !isCopysName(s));
  }

  private static boolean isCopysName(SnapshotHeader header) {
    ImageSnapshot snapshot = header.snapshot();
    return snapshot.kind() == ImageSnapshot.Kind.USER
        && Stream.of(JournalKind.values())
            .anyMatch(kind ->
                kind.uuidOfImage(IntermediateImage.withoutSuffix(snapshot.name())).isPresent());
  }

  /** What copies leave beside their image. */
  private void leftovers(List<StoredName> names) {
    boolean judged = findings.stream().anyMatch(f -> f.kind() == Finding.Kind.HALF_MADE);
    if (judged || !of.notes().isEmpty() || !of.trashed().isEmpty()) {
      return;
    }
    Case.SeenImage temp = of.intermediate();
    StoredEntry entry = of.entry();
    boolean copyExpected = entry != null && !names.isEmpty();
    if (temp != null && of.image() == null && !copyExpected) {
      List<Step> steps = new ArrayList<>(removeSnapshots(temp));
      steps.add(new ImageStep.RemoveImage(temp.name(), temp.id()));
      add(
          Finding.Kind.LEAKED_IMAGE,
          "image " + temp.name(),
          "the image that it was made for is not there",
          temp.state() == null ? null : temp.state().createdAt(),
          steps);
    }
    boolean copying = copyExpected && entry != null && entry.imageId().isEmpty();
    for (Case.Cut cut : copying ? List.<Case.Cut>of() : of.cuts()) {
      add(
          Finding.Kind.LEAKED_SNAPSHOT,
          "snapshot %s of image %s".formatted(cut.snapshot().name(), cut.image()),
          causeOf(cut),
          cut.snapshot().createdAt(),
          List.of(remove(cut)));
    }
  }

  private String causeOf(Case.Cut cut) {
    if (cut.nameless()) {
      return "its removal was cut off, and no clone keeps it";
    }
    return of.image() == null ? "the copy is not there" : "the copy is whole";
  }

  private static Step remove(Case.Cut cut) {
    return remove(cut.image(), cut.imageId(), cut.snapshot());
  }

  private static Step remove(String image, String imageId, ImageSnapshot snapshot) {
    return new ImageStep.RemoveSnapshot(image, imageId, snapshot.name(), snapshot.id());
  }

  private static List<Step> removeSnapshots(Case.SeenImage image) {
    return image.snapshots().stream()
        .filter(Judgement::isCopysName)
        .map(s -> remove(image.name(), image.id(), s.snapshot()))
        .toList();
  }

  private static List<Step> purge(Case.Trashed trashed) {
    List<Step> steps = new ArrayList<>(removeSnapshots(trashed.image()));
    steps.add(new ImageStep.Purge(trashed.entry().name(), trashed.entry().imageId()));
    return steps;
  }

  private List<Step> removeObject() {
    return Stream.concat(giveUp().stream(), removeGivenUp().stream()).toList();
  }

  private List<Step> giveUp() {
    return entryStep((kind, keys) -> new JournalStep.GiveUp(kind, of.place().uuid(), keys));
  }

  private List<Step> removeGivenUp() {
    return entryStep((kind, keys) -> new JournalStep.RemoveObject(kind, of.place().uuid(), keys));
  }

  private interface OfEntry {
    Step step(JournalKind kind, Map<String, String> keys);
  }

  private List<Step> entryStep(OfEntry make) {
    StoredEntry entry = of.entry();
    return entry == null ? List.of() : List.of(make.step(entry.kind(), entry.keys()));
  }

  private String object() {
    return of.place().kind().object(of.place().uuid());
  }

  private String word() {
    return of.place().kind() == JournalKind.VOLUMES ? "volume" : "snapshot";
  }

  private String trashedNames() {
    return "image "
        + String.join(", ", of.trashed().stream().map(t -> t.entry().name()).toList())
        + " in the trash";
  }

  private @Nullable Instant trashedAt() {
    return of.trashed().stream().map(t -> t.entry().movedAt()).max(Instant::compareTo).orElse(null);
  }

  private @Nullable Instant changedAt() {
    return of.entry() == null ? null : of.entry().changedAt();
  }

  private static @Nullable Instant latest(@Nullable Instant one, @Nullable Instant other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isAfter(other) ? one : other;
  }

  /**
   * @param since when it was last touched; null where nobody knows, and a driver leaves it so in no
   *     step of its own
   */
  private void add(
      Finding.Kind kind, String subject, String cause, @Nullable Instant since, List<Step> steps) {
    Finding.Hold hold = Finding.Hold.NONE;
    if (since != null && since.isAfter(oldBefore)) {
      hold = Finding.Hold.YOUNG;
    } else if (inUse()) {
      hold = Finding.Hold.IN_USE;
    } else if (steps.isEmpty()) {
      hold = Finding.Hold.BY_HAND;
    }
    findings.add(new Finding(kind, subject, cause, hold, steps, of.place()));
  }

  /** Its own, then ceph-csi's below it, which can only follow. */
  private List<Case.SeenImage> images() {
    List<Case.SeenImage> images = new ArrayList<>();
    Case.SeenImage own = of.image();
    if (own != null) {
      images.add(own);
    }
    Case.SeenImage temp = of.intermediate();
    if (temp != null) {
      images.add(temp);
    }
    return images;
  }

  private boolean inUse() {
    return Stream.concat(images().stream(), of.trashed().stream().map(Case.Trashed::image))
        .anyMatch(image -> image.watchers() > 0);
  }
}
