package io.cephcsi.rbd.controller;

import static java.util.stream.Collectors.toSet;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.GroupSnapshot;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.ImageSnapshot;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupEntry;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.GroupReservation;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.Stores;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Volume;
import io.cephcsi.rbd.Volumes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The images behind a group of snapshots. An RBD group lives as long as its snapshot is needed: it
 * is made, the volumes are put into it, its snapshot is cut at one moment, an ordinary snapshot of
 * that moment is made of each volume, and the group goes.
 *
 * <p>As long as any member is not whole, the group and its snapshot stay, so that an interrupted
 * call goes on with the same moment. When all are whole, nothing but the journal says that they
 * belong together.
 *
 * <p>The interrupted call may still run, in a process that is not the leader any more: so the group
 * is taken over from it first, and it can neither finish nor undo what is answered after that.
 */
record GroupImages(
    GroupJournal journal,
    SnapshotJournal snapshotJournal,
    SnapshotImages images,
    GroupDeletion deletion) {

  /** A group, whole. */
  record Made(GroupEntry entry, Instant moment, List<Member> members) {}

  /** One of its snapshots, in its volume's pool. */
  record Member(GroupSources.Source source, SnapshotImages.Made made) {}

  /** One that is known already, and the image of its volume. */
  private record Known(String source, SnapshotEntry entry) {
    boolean isWhole() {
      return !entry.imageId().isEmpty() && !entry.discarded();
    }
  }

  /** What a member's name owns. */
  private record Reserved(GroupSources.Source source, SnapshotPlan plan, SnapshotEntry entry) {
    Pool pool() {
      return source.volume().pool();
    }
  }

  /**
   * A group that is being made, by this call.
   *
   * @param maker as the journal knows the call
   */
  private record Making(
      OpenPool opened, GroupPlan plan, GroupEntry entry, Instant maker, GroupSources sources) {
    Pool pool() {
      return opened.pool();
    }

    String group() {
      return entry.groupName();
    }
  }

  /**
   * The group of the plan's name; call it with the name held.
   *
   * @param opened the group's pool
   */
  Made findOrMake(OpenPool opened, GroupPlan plan, GroupSources sources) {
    return switch (reserve(opened, plan)) {
      case GroupReservation.Fresh(var entry) -> {
        Instant maker = Objects.requireNonNull(entry.creationTime());
        yield makeOrUndo(new Making(opened, plan, entry, maker, sources));
      }
      case GroupReservation.Found(var entry) -> find(opened, plan, entry, sources);
    };
  }

  private Made find(OpenPool opened, GroupPlan plan, GroupEntry entry, GroupSources sources) {
    if (GroupJournal.isGivenUp(entry)) {
      undo(opened, entry);
      return findOrMake(opened, plan, sources);
    }
    List<Known> known = known(opened, entry);
    requireSameVolumes(plan, entry, known, sources);
    List<Member> whole = whole(known, sources);
    if (whole.size() == sources.all().size()) {
      return answered(opened, plan, entry, whole);
    }
    Instant maker = journal.takeOver(opened.pool(), entry).orElseThrow(() -> madeElsewhere(plan));
    var making = new Making(opened, plan, entry, maker, sources);
    // The moment of those that were whole cannot be had again: a deletion or ceph-csi stopped
    // half-way. What there is goes, and the name starts anew.
    boolean anyWasWhole = known.stream().anyMatch(member -> !member.entry().imageId().isEmpty());
    boolean lost = ofCephCsi(plan, known) || (anyWasWhole && !hasMoment(making));
    return lost ? makeAnew(making) : makeOrUndo(making);
  }

  private static CsiException.Aborted madeElsewhere(GroupPlan plan) {
    return new CsiException.Aborted(
        "another driver makes or deletes group snapshot %s just now, ask again"
            .formatted(plan.name()));
  }

  private Made makeAnew(Making making) {
    if (!journal.giveUp(making.pool(), making.entry().uuid(), making.maker())) {
      throw lost(making, List.of());
    }
    undo(making.opened(), making.entry());
    return findOrMake(making.opened(), making.plan(), making.sources());
  }

  private Made makeOrUndo(Making making) {
    Made made;
    try {
      made = make(making);
    } catch (CsiException.Aborted | CsiException.Unavailable e) {
      throw e; // the next call goes on with what is there
    } catch (CsiException e) {
      throw undone(e, making);
    } catch (CephException e) {
      RuntimeException told = CephFailures.meaning(e);
      throw told instanceof CsiException.Unavailable ? told : undone(told, making);
    }
    making.pool().removeGroup(making.group());
    return made;
  }

  /** Undoes the group, unless another process has taken it over, and may have answered with it. */
  private RuntimeException undone(RuntimeException failure, Making making) {
    try {
      if (!journal.giveUp(making.pool(), making.entry().uuid(), making.maker())) {
        return lost(making, List.of());
      }
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
      return failure;
    }
    return Undo.after(failure, () -> undo(making.opened(), making.entry()));
  }

  /**
   * The refusal to go on when another process has taken over. When that one is done with the group,
   * it does not find what this call has made since.
   *
   * @param reserved members that the group's object does not know yet
   */
  private CsiException.Aborted lost(Making making, List<Reserved> reserved) {
    Optional<GroupEntry> now =
        journal
            .read(making.pool(), making.entry().uuid())
            .filter(entry -> !GroupJournal.isGivenUp(entry));
    if (now.isEmpty()) {
      reserved.forEach(member -> images.giveUp(member.pool(), member.entry()));
    }
    if (now.filter(entry -> !isWhole(making, entry)).isEmpty()) {
      making.pool().removeGroup(making.group());
    }
    return madeElsewhere(making.plan());
  }

  private boolean isWhole(Making making, GroupEntry now) {
    List<Known> known = known(making.opened(), now);
    return whole(known, making.sources()).size() == making.sources().all().size();
  }

  private GroupReservation reserve(OpenPool opened, GroupPlan plan) {
    var cluster = opened.cluster();
    Stores stores = Stores.of(opened.pool(), id -> cluster.poolName(id).isPresent());
    try {
      return journal.reserve(stores, plan.reservation());
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  /** The members so far, without those that a failure undid. */
  private List<Known> known(OpenPool opened, GroupEntry entry) {
    List<Known> known = new ArrayList<>();
    for (String member : entry.members().keySet()) {
      VolumeId id = VolumeId.of(member).orElseThrow();
      try (Pool pool = opened.cluster().openPool(id.location(), opened.pool().namespace())) {
        snapshotJournal
            .read(pool, id.uuid())
            .ifPresent(e -> known.add(new Known(place(pool, e.source()), e)));
      }
    }
    return List.copyOf(known);
  }

  private static void requireSameVolumes(
      GroupPlan plan, GroupEntry entry, List<Known> known, GroupSources sources) {
    var wanted = new TreeSet<String>();
    sources.all().forEach(s -> wanted.add(place(s)));
    var before = new TreeSet<String>();
    known.forEach(member -> before.add(member.source()));
    boolean undecided = entry.members().isEmpty();
    if (!undecided && !(entry.members().size() == wanted.size() && wanted.containsAll(before))) {
      throw new CsiException.AlreadyExists(
          "group snapshot %s exists, of the images %s; it is asked for of %s: delete it or take another name"
              .formatted(plan.name(), before, wanted));
    }
  }

  private static String place(GroupSources.Source source) {
    return place(source.volume().pool(), source.volume().entry().imageName());
  }

  private static String place(Pool pool, String image) {
    return pool.name() + "/" + image;
  }

  /** ceph-csi's members have other names than ours. */
  private static boolean ofCephCsi(GroupPlan plan, List<Known> known) {
    Set<String> ours = plan.members().stream().map(SnapshotPlan::name).collect(toSet());
    return known.stream().anyMatch(member -> !ours.contains(member.entry().requestName()));
  }

  /** Those that are whole, ceph-csi's as well as ours, in the order of the sources. */
  private List<Member> whole(List<Known> known, GroupSources sources) {
    List<Member> whole = new ArrayList<>();
    for (GroupSources.Source source : sources.all()) {
      known.stream()
          .filter(member -> member.isWhole() && member.source().equals(place(source)))
          .flatMap(member -> images.find(source.volume().pool(), member.entry()).stream())
          .findFirst()
          .ifPresent(made -> whole.add(new Member(source, made)));
    }
    return List.copyOf(whole);
  }

  /** All members are whole; the call that made the last of them may have been stopped since. */
  private Made answered(OpenPool opened, GroupPlan plan, GroupEntry entry, List<Member> whole) {
    Pool pool = opened.pool();
    Instant stored = entry.creationTime();
    Optional<Instant> unstored =
        hasMoment(pool, entry)
            ? momentIn(whole.getFirst().source().volume(), new GroupMoment(entry.groupName()))
            : Optional.empty();
    Instant at =
        unstored
            .or(() -> Optional.ofNullable(stored))
            .orElseGet(() -> whole.getFirst().made().cutAt());
    boolean asRead =
        stored == null
            || (unstored.isPresent()
                ? journal.finish(pool, entry.uuid(), stored, at, Map.of())
                : journal.makes(pool, entry.uuid(), stored));
    if (!asRead) {
      throw madeElsewhere(plan);
    }
    GroupDeletion.removeGroups(pool, entry);
    return new Made(entry, at, whole);
  }

  private Made make(Making making) {
    GroupEntry entry = making.entry();
    String clusterId = making.plan().parameters().clusterId();
    var groupId = new VolumeId(clusterId, making.pool().id(), entry.uuid());
    List<Reserved> members = making.sources().all().stream().map(s -> reserve(groupId, s)).toList();
    storeMembers(making, clusterId, members);
    cutTogether(making);
    var moment = new GroupMoment(making.group());
    Instant at = momentOf(members.getFirst().source().volume(), moment);
    List<Member> made = new ArrayList<>();
    for (Reserved member : members) {
      made.add(
          new Member(
              member.source(), images.findOrMake(member.source().volume(), member.plan(), moment)));
    }
    if (!journal.finish(making.pool(), entry.uuid(), making.maker(), at, Map.of())) {
      throw lost(making, List.of());
    }
    return new Made(entry, at, List.copyOf(made));
  }

  private Reserved reserve(VolumeId groupId, GroupSources.Source source) {
    SnapshotPlan plan = source.plan().inGroup(groupId.text());
    return new Reserved(source, plan, images.reserve(source.volume(), plan));
  }

  /** Before there is any image, so that whoever deletes the group finds them all. */
  private void storeMembers(Making making, String clusterId, List<Reserved> members) {
    GroupEntry entry = making.entry();
    Map<String, String> now = new TreeMap<>();
    for (Reserved member : members) {
      var id = new VolumeId(clusterId, member.pool().id(), member.entry().uuid());
      now.put(id.text(), member.entry().imageName());
    }
    if (entry.members().equals(now)) {
      return;
    }
    var undone = new TreeSet<>(entry.members().keySet());
    undone.removeAll(now.keySet());
    if (!journal.changeMembers(making.pool(), entry.uuid(), making.maker(), now, undone)) {
      throw lost(making, members);
    }
  }

  private static boolean hasMoment(Making making) {
    return hasMoment(making.pool(), making.entry());
  }

  private static boolean hasMoment(Pool pool, GroupEntry entry) {
    return pool.groupSnapshots(entry.groupName()).contains(moment(entry.groupName()));
  }

  private static GroupSnapshot moment(String group) {
    return new GroupSnapshot(group, true);
  }

  private void cutTogether(Making making) {
    if (hasMoment(making)) {
      return; // an earlier call cut it, and perhaps made some of the members from it
    }
    Pool pool = making.pool();
    String group = making.group();
    making.sources().requireOneMoment();
    pool.removeGroup(GroupDeletion.groupOfCephCsi(making.entry())); // if a crash of it left it
    createGroup(pool, group);
    making.sources().all().forEach(source -> add(pool, group, source));
    List<GroupSnapshot> there = pool.groupSnapshots(group);
    if (there.contains(moment(group))) {
      return; // another process cut it just now
    }
    for (GroupSnapshot half : there) {
      requireOurs(making);
      pool.removeGroupSnapshot(group, half.name());
    }
    cut(making);
  }

  private void requireOurs(Making making) {
    if (!journal.makes(making.pool(), making.entry().uuid(), making.maker())) {
      throw lost(making, List.of());
    }
  }

  private static void cut(Making making) {
    try {
      making.pool().createGroupSnapshot(making.group(), making.group());
    } catch (CephException e) {
      throw e.errno() == Errno.EEXIST ? madeElsewhere(making.plan()) : e;
    }
  }

  private static void createGroup(Pool pool, String group) {
    try {
      pool.createGroup(group);
    } catch (CephException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
  }

  private static void add(Pool pool, String group, GroupSources.Source source) {
    String image = source.volume().entry().imageName();
    try {
      pool.addToGroup(group, source.volume().pool(), image);
    } catch (CephException e) {
      throw switch (e.errno()) {
        case Errno.EEXIST ->
            new CsiException.FailedPrecondition(
                "image %s of volume %s is in another RBD group, and an image is in one at most: take it out (rbd group image remove) or wait until another group snapshot of it is done"
                    .formatted(image, source.plan().sourceId()));
        case Errno.ENOENT -> Volumes.missing(source.plan().sourceId());
        default -> e;
      };
    }
  }

  private static Instant momentOf(Volume volume, GroupMoment moment) {
    try (Image image = volume.pool().openImageReadOnly(volume.entry().imageName())) {
      return moment.of(image).createdAt();
    }
  }

  /** Empty when its removal has begun. */
  private static Optional<Instant> momentIn(Volume volume, GroupMoment moment) {
    try (Image image = volume.pool().openImageReadOnly(volume.entry().imageName())) {
      return moment.in(image).map(ImageSnapshot::createdAt);
    }
  }

  private void undo(OpenPool opened, GroupEntry entry) {
    journal.read(opened.pool(), entry.uuid()).ifPresent(now -> deletion.delete(opened, now));
  }
}
