package io.cephcsi.cephfs.controller;

import static java.util.stream.Collectors.toMap;

import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Pool;
import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cluster.CephFailures;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.Undo;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupEntry;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.GroupReservation;
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
 * was cut by a call that was stopped, is thrown away and cut anew. That call may still run, in a
 * process that is not the leader any more: so the group is taken over from it first, and it cannot
 * finish what was thrown away.
 */
record GroupCuts(
    GroupJournal journal, SnapshotJournal snapshots, Cuts cuts, GroupDeletion deletion) {

  /** A group, whole. */
  record Made(GroupEntry entry, Instant moment, List<Member> members) {}

  /** One of its snapshots. */
  record Member(String sourceId, Cuts.Made made) {}

  /**
   * A group that is being made, by this call.
   *
   * @param maker as the journal knows the call
   */
  private record Making(OpenFileSystem opened, GroupPlan plan, GroupEntry entry, Instant maker) {}

  /** What a member's name owns. */
  private record Reserved(GroupSources.Source source, SnapshotPlan plan, SnapshotEntry entry) {}

  /**
   * The group of the plan's name; call it with the name held.
   *
   * @param opened the filesystem of all sources
   */
  Made findOrMake(OpenFileSystem opened, GroupPlan plan, GroupSources sources) {
    return switch (reserve(opened, plan)) {
      case GroupReservation.Fresh(var entry) -> {
        Instant maker = Objects.requireNonNull(entry.creationTime());
        yield makeOrUndo(new Making(opened, plan, entry, maker), List.of(), sources);
      }
      case GroupReservation.Found(var entry) when entry.members().isEmpty() ->
          makeAnew(opened, plan, entry, sources);
      case GroupReservation.Found(var entry) -> find(opened, plan, entry, sources);
    };
  }

  private GroupReservation reserve(OpenFileSystem opened, GroupPlan plan) {
    try (var _ = Phase.JOURNAL.begin()) {
      return journal.reserve(Stores.of(opened.pool()), plan.reservation());
    } catch (JournalConflict e) {
      throw new CsiException.FailedPrecondition(String.valueOf(e.getMessage()));
    }
  }

  private Made makeAnew(
      OpenFileSystem opened, GroupPlan plan, GroupEntry entry, GroupSources sources) {
    if (GroupJournal.isGivenUp(entry)) {
      journal.undo(Stores.of(opened.pool()), entry);
      return findOrMake(opened, plan, sources);
    }
    // Looked for first: whoever takes it over from this call reserves its own after that.
    List<VolumeId> left = deletion.unfinished(opened, entry);
    Instant maker =
        journal
            .takeOver(opened.pool(), entry)
            .orElseThrow(() -> madeElsewhere("group " + plan.name()));
    return makeOrUndo(new Making(opened, plan, entry, maker), left, sources);
  }

  private static CsiException madeElsewhere(String name) {
    return new CsiException.Aborted(
        "another driver makes or deletes snapshot %s just now, ask again".formatted(name));
  }

  private Made find(OpenFileSystem opened, GroupPlan plan, GroupEntry entry, GroupSources sources) {
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

  /**
   * Makes it.
   *
   * @param left what a call that was stopped has left of it
   */
  private Made makeOrUndo(Making making, List<VolumeId> left, GroupSources sources) {
    List<Reserved> reserved = new ArrayList<>();
    try {
      deletion.delete(making.opened(), left);
      for (GroupSources.Source source : sources.all()) {
        reserved.add(reserve(making, source));
      }
      return make(making, reserved);
    } catch (CsiException.Unavailable e) {
      throw e; // what is left is known by the reservation, and the next call begins with that
    } catch (CsiException e) {
      throw Undo.after(e, () -> undo(making, reserved));
    } catch (CephException e) {
      RuntimeException told = CephFailures.meaning(e);
      if (told instanceof CsiException.Unavailable) {
        throw told;
      }
      throw Undo.after(told, () -> undo(making, reserved));
    }
  }

  private Reserved reserve(Making making, GroupSources.Source source) {
    SnapshotPlan member = making.plan().member(source.id(), making.entry(), groupId(making));
    return switch (cuts.reserve(source.volume(), member)) {
      case SnapshotReservation.Fresh(var fresh) -> new Reserved(source, member, fresh);
      case SnapshotReservation.Found _, SnapshotReservation.OtherSource _ ->
          throw madeElsewhere(member.name());
    };
  }

  private static VolumeId groupId(Making making) {
    return id(making, making.entry().uuid());
  }

  private static VolumeId id(Making making, String uuid) {
    return new VolumeId(making.opened().config().clusterId(), making.opened().location(), uuid);
  }

  /** Of this call alone: another driver may be at work on the same name. */
  private void undo(Making making, List<Reserved> reserved) {
    reserved.forEach(each -> cuts.undo(each.source().volume(), each.entry()));
    Pool pool = making.opened().pool();
    String uuid = making.entry().uuid();
    // What has no object can be finished by nobody.
    if (journal.giveUp(pool, uuid, making.maker()) || journal.read(pool, uuid).isEmpty()) {
      journal.undo(Stores.of(pool), making.entry());
    }
  }

  private Made make(Making making, List<Reserved> reserved) {
    Instant moment = cut(making, reserved);
    List<Member> members = new ArrayList<>();
    for (Reserved each : reserved) {
      var made = cuts.finish(each.source().volume(), each.plan(), each.entry(), moment);
      members.add(new Member(each.source().id(), made));
    }
    store(making, moment, members);
    return new Made(making.entry(), moment, List.copyOf(members));
  }

  /** Everything else is done before or after, so that pods stand as short as can be. */
  private Instant cut(Making making, List<Reserved> members) {
    var sets = making.opened().subvolumes().quiesceSets();
    List<String> names = members.stream().map(m -> m.source().volume().subvolume()).toList();
    try (var quiesce = Quiesce.begin(sets, making.plan().name(), names)) {
      Instant moment = cuts.clock().instant();
      for (Reserved member : members) {
        cuts.cut(member.source().volume(), member.plan(), member.entry());
      }
      quiesce.release();
      return moment;
    }
  }

  private void store(Making making, Instant moment, List<Member> members) {
    var ids =
        members.stream()
            .collect(toMap(Member::sourceId, m -> id(making, m.made().entry().uuid()).text()));
    if (!journal.finish(
        making.opened().pool(), making.entry().uuid(), making.maker(), moment, ids)) {
      throw new CsiException.Aborted(
          "group snapshot %s was deleted or begun anew by another driver while it was made, ask again"
              .formatted(making.plan().name()));
    }
  }
}
