package io.cephcsi.cephfs.care;

import io.cephcsi.cephfs.CloneSource;
import io.cephcsi.cephfs.CloneState;
import io.cephcsi.cephfs.Subvolume;
import io.cephcsi.cephfs.care.Case.Content;
import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.JournalStep;
import io.cephcsi.cluster.care.Step;
import io.cephcsi.journal.JournalKind;
import io.cephcsi.journal.StoredEntry;
import io.cephcsi.journal.StoredName;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells of one case what is wrong with it and what mends it; asks nobody but for who has it
 * mounted.
 *
 * <p>A driver writes the object first, then the name's key, then makes the subvolume; it deletes
 * the subvolume first, then the key, then the object. A subvolume with data in it is never removed
 * here, nor an empty one of which nobody tells that no client has it mounted.
 */
final class Judgement {
  private final Instant oldBefore;
  private final String instanceId;
  private final Function<String, MountClients> clients;
  private final List<Finding> findings = new ArrayList<>();

  /** Whether a client has its subvolume mounted. */
  private boolean inUse;

  private Judgement(Instant oldBefore, String instanceId, Function<String, MountClients> clients) {
    this.oldBefore = oldBefore;
    this.instanceId = instanceId;
    this.clients = clients;
  }

  /**
   * What is wrong.
   *
   * @param now when the case was read
   * @param grace how long something must have been left alone
   * @param instanceId whose directory gets back a name that was lost
   * @param clients who has a directory mounted
   */
  static List<Finding> of(
      Case of,
      Instant now,
      Duration grace,
      String instanceId,
      Function<String, MountClients> clients) {
    var judgement = new Judgement(now.minus(grace), instanceId, clients);
    switch (of) {
      case Case.OfUuid uuid -> judgement.uuid(uuid);
      case Case.Tracker tracker -> judgement.tracker(tracker);
    }
    return judgement.findings;
  }

  private void uuid(Case.OfUuid of) {
    if (of.place().uuid().isEmpty()) {
      of.names().forEach(name -> unusable(of, name, "it leads to \"" + name.value() + "\""));
      return;
    }
    StoredEntry entry = of.entry();
    List<StoredName> names = ownNames(of);
    if (entry != null && !entry.requestName().isEmpty()) {
      withEntry(of, entry, names);
    } else if (!names.isEmpty()) {
      withoutObject(of, names);
    } else if (entry != null) {
      add(
          of,
          Finding.Kind.ORPHAN_OBJECT,
          "object " + entry.object(),
          "no name leads to it, and it says nothing",
          entry.changedAt(),
          forget(entry));
    } else {
      unknown(of);
    }
  }

  /** Those that its object says; another one was put there by hand. */
  private List<StoredName> ownNames(Case.OfUuid of) {
    StoredEntry entry = of.entry();
    if (entry == null || entry.requestName().isEmpty()) {
      return of.names();
    }
    List<StoredName> own = new ArrayList<>();
    for (StoredName name : of.names()) {
      if (name.name().equals(entry.requestName())) {
        own.add(name);
      } else {
        unusable(of, name, "it leads to the object of " + entry.requestName());
      }
    }
    return own;
  }

  private void unusable(Case.OfUuid of, StoredName name, String cause) {
    add(
        of,
        Finding.Kind.UNUSABLE_NAME,
        "name %s in %s".formatted(name.name(), name.directory()),
        cause,
        null,
        List.of(JournalStep.removeKey(name)));
  }

  /** Nothing is known but the name; where the subvolume is there, it is the volume still. */
  private void withoutObject(Case.OfUuid of, List<StoredName> names) {
    StoredName name = names.getFirst();
    JournalKind kind = of.place().kind();
    List<Step> steps = new ArrayList<>();
    String cause = "object %s is missing or empty".formatted(kind.object(of.place().uuid()));
    Instant since = of.entry() == null ? null : of.entry().changedAt();
    if (of.content() instanceof Content.OfVolume(var subvolume, Subvolume.Live live)) {
      Map<String, String> anew = StoredEntry.anew(kind, name.name(), subvolume);
      steps.add(new JournalStep.MakeObject(kind, of.place().uuid(), anew));
      cause += ", subvolume %s is there".formatted(subvolume);
      since = latest(since, live.createdAt());
    } else {
      names.forEach(n -> steps.add(JournalStep.removeKey(n)));
      if (of.entry() != null) {
        steps.addAll(forget(of.entry()));
      }
    }
    add(
        of,
        Finding.Kind.KEY_WITHOUT_OBJECT,
        "name %s in %s".formatted(name.name(), name.directory()),
        cause,
        since,
        steps);
  }

  /** A subvolume of our naming that no journal knows. */
  private void unknown(Case.OfUuid of) {
    switch (of.content()) {
      case Content.OfVolume(var name, Subvolume.Live live) when live.usedBytes() == 0 ->
          empty(of, name, live);
      case Content.OfVolume(var name, Subvolume.Live live) ->
          withoutEntry(
              of,
              name,
              live,
              "it has %d bytes in it: mount %s to see what, then ceph fs subvolume rm"
                  .formatted(live.usedBytes(), live.path()),
              List.of());
      case Content.Copy copy when copy.state() instanceof CloneState.Broken broken ->
          halfMade(of, copy, broken);
      case Content _ -> {} // what is left of a deleted volume is its snapshots'
    }
  }

  /** Whoever has it mounted may be about to write to it. */
  private void empty(Case.OfUuid of, String name, Subvolume.Live live) {
    if (live.createdAt().isAfter(oldBefore)) {
      withoutEntry(of, name, live, "it is empty", List.of());
      return;
    }
    MountClients mounted = clients.apply(live.path());
    if (!mounted.untold().isEmpty()) {
      String unknown = "it is empty, and whether a client has it mounted is not told: ";
      withoutEntry(of, name, live, unknown + mounted.untold(), List.of());
    } else {
      inUse = !mounted.all().isEmpty();
      withoutEntry(of, name, live, "it is empty", List.of(new SubvolumeStep.RemoveEmpty(name)));
    }
  }

  private void withoutEntry(
      Case.OfUuid of, String name, Subvolume.Live live, String state, List<Step> steps) {
    add(
        of,
        Finding.Kind.SUBVOLUME_WITHOUT_ENTRY,
        "subvolume " + name,
        "its UUID has no journal object, and " + state,
        live.createdAt(),
        steps);
  }

  private void withEntry(Case.OfUuid of, StoredEntry entry, List<StoredName> names) {
    switch (of.content()) {
      case Content.None _, Content.OfVolume(_, Subvolume.Retained _) -> nothing(of, entry, names);
      case Content.Copy copy -> {
        if (copy.state() instanceof CloneState.Broken broken) {
          halfMade(of, copy, broken);
        }
      }
      case Content.Shown _ -> {
        if (names.isEmpty()) {
          orphan(of, entry, "no name leads to it, and it only shows a snapshot", forget(entry));
        }
      }
      case Content.OfVolume(var name, _) -> {
        if (names.isEmpty()) {
          nameless(of, entry, "subvolume " + name, List.of());
        }
      }
      case Content.Cut cut -> {
        if (names.isEmpty() && !(entry.discarded() && cut.tracked())) {
          nameless(of, entry, "snapshot " + cut.name(), deletion(entry, cut));
        }
      }
    }
  }

  private void nothing(Case.OfUuid of, StoredEntry entry, List<StoredName> names) {
    if (names.isEmpty()) {
      orphan(of, entry, "no name leads to it, and nothing else is there of it", forget(entry));
      return;
    }
    List<Step> steps = new ArrayList<>();
    steps.add(giveUp(entry));
    names.forEach(name -> steps.add(JournalStep.removeKey(name)));
    steps.add(remove(entry));
    add(
        of,
        Finding.Kind.ENTRY_WITHOUT_SUBVOLUME,
        "%s %s".formatted(word(entry), entry.requestName()),
        entry.kind() == JournalKind.VOLUMES
            ? "subvolume %s is not there".formatted(entry.imageName())
            : "snapshot %s is not there".formatted(entry.imageName()),
        entry.changedAt(),
        steps);
  }

  /** One that was being deleted lost its name last; another one gets it back. */
  private void nameless(Case.OfUuid of, StoredEntry entry, String content, List<Step> deletion) {
    JournalKind kind = entry.kind();
    List<Step> steps =
        entry.discarded()
            ? deletion
            : List.of(
                new JournalStep.PutKey(
                    kind.directory(instanceId), kind.key(entry.requestName()), entry.uuid()));
    orphan(of, entry, "no name leads to it, its %s is there".formatted(content), steps);
  }

  private static List<Step> deletion(StoredEntry entry, Content.Cut cut) {
    return List.of(
        new SubvolumeStep.RemoveCut(cut.group(), cut.subvolume(), cut.name()), remove(entry));
  }

  private void orphan(Case.OfUuid of, StoredEntry entry, String cause, List<Step> steps) {
    add(
        of,
        Finding.Kind.ORPHAN_OBJECT,
        "object " + entry.object(),
        cause,
        entry.changedAt(),
        steps);
  }

  private void halfMade(Case.OfUuid of, Content.Copy copy, CloneState.Broken broken) {
    StoredEntry entry = of.entry();
    List<Step> steps = new ArrayList<>();
    if (entry != null) {
      steps.add(giveUp(entry));
    }
    steps.add(new SubvolumeStep.RemoveClone(copy.group(), copy.name()));
    CloneSource source = broken.source();
    if (source.snapshot().equals(copy.name())) {
      steps.add(new SubvolumeStep.RemoveCut(source.group(), source.subvolume(), source.snapshot()));
    }
    of.names().forEach(name -> steps.add(JournalStep.removeKey(name)));
    if (entry != null) {
      steps.add(remove(entry));
    }
    add(
        of,
        Finding.Kind.HALF_MADE_CLONE,
        "subvolume " + copy.name(),
        "the manager says of it: " + broken.reason(),
        entry == null ? null : entry.changedAt(),
        steps);
  }

  private void tracker(Case.Tracker of) {
    String subject = "tracker of snapshot " + of.snapshotId();
    boolean counts = of.entries().size() > of.gone().size();
    if (!of.known() && of.gone().size() >= of.entries().size() - 1) {
      add(
          of,
          Finding.Kind.STALE_TRACKER,
          subject,
          "there is no such snapshot, nor a volume that shows it",
          of.changedAt(),
          List.of(new SubvolumeStep.RemoveTracker(of.snapshotId(), of.entries())));
    } else if (counts) {
      for (String volume : of.gone()) {
        add(
            of,
            Finding.Kind.STALE_TRACKER,
            subject,
            "it counts %s, which is gone".formatted(volume),
            of.changedAt(),
            List.of(new SubvolumeStep.RemoveReference(of.snapshotId(), volume, of.entries())));
      }
    }
  }

  private static List<Step> forget(StoredEntry entry) {
    return List.of(giveUp(entry), remove(entry));
  }

  private static Step giveUp(StoredEntry entry) {
    return new JournalStep.GiveUp(entry.kind(), entry.uuid(), entry.keys());
  }

  private static Step remove(StoredEntry entry) {
    return new JournalStep.RemoveObject(entry.kind(), entry.uuid(), entry.keys());
  }

  private static String word(StoredEntry entry) {
    return entry.kind() == JournalKind.VOLUMES ? "volume" : "snapshot";
  }

  private static @Nullable Instant latest(@Nullable Instant one, Instant other) {
    return one != null && one.isAfter(other) ? one : other;
  }

  /**
   * @param since when it was last touched; null where nobody knows, and a driver leaves it so in no
   *     step of its own
   */
  private void add(
      Case of,
      Finding.Kind kind,
      String subject,
      String cause,
      @Nullable Instant since,
      List<Step> steps) {
    Finding.Hold hold = Finding.Hold.NONE;
    if (since != null && since.isAfter(oldBefore)) {
      hold = Finding.Hold.YOUNG;
    } else if (inUse) {
      hold = Finding.Hold.IN_USE;
    } else if (steps.isEmpty()) {
      hold = Finding.Hold.BY_HAND;
    }
    findings.add(new Finding(kind, subject, cause, hold, steps, of.place()));
  }
}
