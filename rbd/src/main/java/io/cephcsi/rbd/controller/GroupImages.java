package io.cephcsi.rbd.controller;

import static java.util.stream.Collectors.toSet;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Errno;
import io.cephcsi.ceph.GroupSnapshot;
import io.cephcsi.ceph.Image;
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
   * The group of the plan's name; call it with the name held.
   *
   * @param opened the group's pool
   */
  Made findOrMake(OpenPool opened, GroupPlan plan, GroupSources sources) {
    GroupReservation reservation = reserve(opened, plan);
    GroupEntry entry = reservation.entry();
    List<Known> known = known(opened, entry);
    requireSameVolumes(plan, entry, known, sources);
    try {
      return ofCephCsi(plan, known)
          ? takeOver(opened, plan, entry, known, sources)
          : make(opened, plan, entry, sources);
    } catch (CsiException.Aborted | CsiException.Unavailable e) {
      throw e; // the next call goes on with what is there
    } catch (CsiException e) {
      throw undone(e, opened, entry, known);
    } catch (CephException e) {
      RuntimeException told = CephFailures.meaning(e);
      throw told instanceof CsiException.Unavailable ? told : undone(told, opened, entry, known);
    }
  }

  /** Undoes the group, unless an earlier call may have answered with it. */
  private RuntimeException undone(
      RuntimeException failure, OpenPool opened, GroupEntry entry, List<Known> known) {
    boolean whole =
        !known.isEmpty()
            && known.size() == entry.members().size()
            && known.stream().allMatch(Known::isWhole);
    return whole ? failure : Undo.after(failure, () -> undo(opened, entry));
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

  /** Whole ones are as good as ours; else the moment is lost, and the name starts anew. */
  private Made takeOver(
      OpenPool opened, GroupPlan plan, GroupEntry entry, List<Known> known, GroupSources sources) {
    List<Member> whole = new ArrayList<>();
    for (GroupSources.Source source : sources.all()) {
      known.stream()
          .filter(member -> member.source().equals(place(source)))
          .flatMap(member -> images.find(source.volume().pool(), member.entry()).stream())
          .findFirst()
          .ifPresent(made -> whole.add(new Member(source, made)));
    }
    if (whole.size() < sources.all().size()) {
      undo(opened, entry);
      return findOrMake(opened, plan, sources);
    }
    GroupDeletion.removeGroups(opened.pool(), entry);
    return new Made(entry, momentOf(entry, whole), List.copyOf(whole));
  }

  private Made make(OpenPool opened, GroupPlan plan, GroupEntry entry, GroupSources sources) {
    String clusterId = plan.parameters().clusterId();
    var groupId = new VolumeId(clusterId, opened.pool().id(), entry.uuid());
    List<Reserved> members = sources.all().stream().map(s -> reserve(groupId, s)).toList();
    storeMembers(opened.pool(), clusterId, entry, members);
    List<Member> whole = whole(members);
    if (whole.size() == members.size()) {
      GroupDeletion.removeGroups(opened.pool(), entry); // if a crash left it
      return new Made(entry, momentOf(entry, whole), whole);
    }
    if (!whole.isEmpty() && !hasMoment(opened.pool(), entry)) {
      // The moment of those cannot be had again: a deletion stopped half-way. It is finished, and
      // the name starts anew.
      undo(opened, entry);
      return findOrMake(opened, plan, sources);
    }
    Made made = cut(opened.pool(), entry, members, sources);
    opened.pool().removeGroup(entry.groupName());
    return made;
  }

  private Reserved reserve(VolumeId groupId, GroupSources.Source source) {
    SnapshotPlan plan = source.plan().inGroup(groupId.text());
    return new Reserved(source, plan, images.reserve(source.volume(), plan));
  }

  /** Before there is any image, so that whoever deletes the group finds them all. */
  private void storeMembers(Pool pool, String clusterId, GroupEntry entry, List<Reserved> members) {
    Map<String, String> now = new TreeMap<>();
    for (Reserved member : members) {
      var id = new VolumeId(clusterId, member.pool().id(), member.entry().uuid());
      now.put(id.text(), member.entry().imageName());
    }
    if (!entry.members().equals(now)) {
      var undone = new TreeSet<>(entry.members().keySet());
      undone.removeAll(now.keySet());
      journal.removeMembers(pool, entry.uuid(), undone);
      journal.addMembers(pool, entry.uuid(), now);
    }
  }

  private List<Member> whole(List<Reserved> members) {
    List<Member> whole = new ArrayList<>();
    for (Reserved member : members) {
      images
          .find(member.pool(), member.entry())
          .ifPresent(made -> whole.add(new Member(member.source(), made)));
    }
    return List.copyOf(whole);
  }

  private static boolean hasMoment(Pool pool, GroupEntry entry) {
    return pool.groupSnapshots(entry.groupName())
        .contains(new GroupSnapshot(entry.groupName(), true));
  }

  private static Instant momentOf(GroupEntry entry, List<Member> members) {
    return Objects.requireNonNullElse(entry.creationTime(), members.getFirst().made().cutAt());
  }

  private Made cut(Pool pool, GroupEntry entry, List<Reserved> members, GroupSources sources) {
    cutTogether(pool, entry, sources);
    var moment = new GroupMoment(entry.groupName());
    Instant at = momentOf(members.getFirst().source().volume(), moment);
    journal.storeCreationTime(pool, entry.uuid(), at);
    List<Member> made = new ArrayList<>();
    for (Reserved member : members) {
      made.add(
          new Member(
              member.source(), images.findOrMake(member.source().volume(), member.plan(), moment)));
    }
    return new Made(entry, at, List.copyOf(made));
  }

  private static void cutTogether(Pool pool, GroupEntry entry, GroupSources sources) {
    if (hasMoment(pool, entry)) {
      return; // an earlier call cut it, and perhaps made some of the members from it
    }
    String group = entry.groupName();
    sources.requireOneMoment();
    pool.removeGroup(GroupDeletion.groupOfCephCsi(entry)); // if a crash of it left it
    createGroup(pool, group);
    sources.all().forEach(source -> add(pool, group, source));
    for (GroupSnapshot half : pool.groupSnapshots(group)) {
      pool.removeGroupSnapshot(group, half.name());
    }
    pool.createGroupSnapshot(group, group);
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

  private void undo(OpenPool opened, GroupEntry entry) {
    journal.read(opened.pool(), entry.uuid()).ifPresent(now -> deletion.delete(opened, now));
  }
}
