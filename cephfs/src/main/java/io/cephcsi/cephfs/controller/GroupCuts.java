package io.cephcsi.cephfs.controller;

import static java.util.stream.Collectors.toMap;

import io.cephcsi.ceph.CephException;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupEntry;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.JournalConflict;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.SnapshotReservation;
import io.cephcsi.journal.Stores;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The snapshots behind a group: an ordinary one of each volume, all cut while no client writes to
 * any of them.
 *
 * <p>They become members by one write, after the metadata servers have said that no client wrote
 * until the last was cut. So a group with members is whole; of one without any, whatever is there
 * was cut by a call that was stopped, is thrown away and cut anew.
 */
record GroupCuts(
    GroupJournal journal, SnapshotJournal snapshots, Cuts cuts, GroupDeletion deletion) {

  /** A group, whole. */
  record Made(GroupEntry entry, Instant moment, List<Member> members) {}

  /** One of its snapshots. */
  record Member(String sourceId, Cuts.Made made) {}

  /** What a member's name owns. */
  private record Reserved(GroupSources.Source source, SnapshotPlan plan, SnapshotEntry entry) {}

  /**
   * The group of the plan's name; call it with the name held.
   *
   * @param opened the filesystem of all sources
   */
  Made findOrMake(OpenFileSystem opened, GroupPlan plan, GroupSources sources) {
    GroupEntry entry = reserve(opened, plan);
    if (entry.members().isEmpty()) {
      return makeOrUndo(opened, plan, entry, sources);
    }
    List<Member> known = known(opened, entry, sources);
    if (halfMadeByCephCsi(plan, entry, known)) {
      deletion.delete(opened, entry);
      return findOrMake(opened, plan, sources);
    }
    requireSameVolumes(plan, entry);
    if (known.size() < entry.members().size()) {
      // The moment of those that are left cannot be had again: a deletion stopped half-way. It is
      // finished, and the name starts anew.
      deletion.delete(opened, entry);
      return findOrMake(opened, plan, sources);
    }
    Instant first = known.getFirst().made().cutAt();
    return new Made(entry, Objects.requireNonNullElse(entry.creationTime(), first), known);
  }

  private GroupEntry reserve(OpenFileSystem opened, GroupPlan plan) {
    try (var _ = Phase.JOURNAL.begin()) {
      return journal.reserve(Stores.of(opened.pool()), plan.reservation()).entry();
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  /** The members that are there, in the order of the request. */
  private List<Member> known(OpenFileSystem opened, GroupEntry entry, GroupSources sources) {
    List<Member> known = new ArrayList<>();
    for (GroupSources.Source source : sources.all()) {
      Optional.ofNullable(entry.members().get(source.id()))
          .flatMap(VolumeId::of)
          .flatMap(id -> snapshots.read(opened.pool(), id.uuid()))
          .filter(member -> !member.discarded())
          .flatMap(member -> Cuts.find(opened.subvolumes(), member))
          .ifPresent(made -> known.add(new Member(source.id(), made)));
    }
    return List.copyOf(known);
  }

  /**
   * ceph-csi writes down member after member, and one that was stopped has too few. Ours has all,
   * and its snapshots say of which group they are.
   */
  private static boolean halfMadeByCephCsi(GroupPlan plan, GroupEntry entry, List<Member> known) {
    Set<String> members = entry.members().keySet();
    return members.size() < plan.sourceIds().size()
        && plan.sourceIds().containsAll(members)
        && known.stream().allMatch(member -> member.made().entry().groupId().isEmpty());
  }

  private static void requireSameVolumes(GroupPlan plan, GroupEntry entry) {
    var wanted = new TreeSet<>(plan.sourceIds());
    var before = new TreeSet<>(entry.members().keySet());
    if (!before.equals(wanted)) {
      throw new CsiException.AlreadyExists(
          "group snapshot %s exists, of the volumes %s; it is asked for of %s: delete it or take another name"
              .formatted(plan.name(), before, wanted));
    }
  }

  private Made makeOrUndo(
      OpenFileSystem opened, GroupPlan plan, GroupEntry entry, GroupSources sources) {
    List<Reserved> reserved = new ArrayList<>();
    try {
      deletion.deleteUnfinished(opened, entry);
      for (GroupSources.Source source : sources.all()) {
        reserved.add(reserve(opened, plan, entry, source));
      }
      return make(opened, plan, entry, reserved);
    } catch (CsiException.Unavailable e) {
      throw e; // what is left is known by the reservation, and the next call begins with that
    } catch (CsiException e) {
      throw Undo.after(e, () -> undo(opened, entry, reserved));
    } catch (CephException e) {
      RuntimeException told = CephFailures.meaning(e);
      if (told instanceof CsiException.Unavailable) {
        throw told;
      }
      throw Undo.after(told, () -> undo(opened, entry, reserved));
    }
  }

  private Reserved reserve(
      OpenFileSystem opened, GroupPlan plan, GroupEntry entry, GroupSources.Source source) {
    var groupId = new VolumeId(opened.config().clusterId(), opened.location(), entry.uuid());
    SnapshotPlan member = plan.member(source.id(), entry, groupId);
    return switch (cuts.reserve(source.volume(), member)) {
      case SnapshotReservation.Fresh(var fresh) -> new Reserved(source, member, fresh);
      case SnapshotReservation.Found _, SnapshotReservation.OtherSource _ ->
          throw new CsiException.Aborted(
              "another driver makes or deletes snapshot %s just now, ask again"
                  .formatted(member.name()));
    };
  }

  /** Of this call alone: another driver may be at work on the same name. */
  private void undo(OpenFileSystem opened, GroupEntry entry, List<Reserved> reserved) {
    reserved.forEach(each -> cuts.undo(each.source().volume(), each.entry()));
    journal.undo(Stores.of(opened.pool()), entry);
  }

  private Made make(
      OpenFileSystem opened, GroupPlan plan, GroupEntry entry, List<Reserved> reserved) {
    Instant moment = cut(opened, plan, reserved);
    List<Member> members = new ArrayList<>();
    for (Reserved each : reserved) {
      var made = cuts.finish(each.source().volume(), each.plan(), each.entry(), moment);
      members.add(new Member(each.source().id(), made));
    }
    store(opened, plan, entry, moment, members);
    return new Made(entry, moment, List.copyOf(members));
  }

  /** Everything else is done before or after, so that pods stand as short as can be. */
  private Instant cut(OpenFileSystem opened, GroupPlan plan, List<Reserved> members) {
    List<String> names = members.stream().map(m -> m.source().volume().subvolume()).toList();
    try (var quiesce = Quiesce.begin(opened.subvolumes().quiesceSets(), plan.name(), names)) {
      Instant moment = cuts.clock().instant();
      for (Reserved member : members) {
        cuts.cut(member.source().volume(), member.plan(), member.entry());
      }
      quiesce.release();
      return moment;
    }
  }

  private void store(
      OpenFileSystem opened,
      GroupPlan plan,
      GroupEntry entry,
      Instant moment,
      List<Member> members) {
    journal.storeCreationTime(opened.pool(), entry.uuid(), moment);
    var ids =
        members.stream()
            .collect(
                toMap(
                    Member::sourceId,
                    member -> {
                      String uuid = member.made().entry().uuid();
                      return new VolumeId(opened.config().clusterId(), opened.location(), uuid)
                          .text();
                    }));
    if (!journal.addMembers(opened.pool(), entry.uuid(), ids)) {
      throw new CsiException.Aborted(
          "group snapshot %s was deleted while it was made, ask again".formatted(plan.name()));
    }
  }
}
