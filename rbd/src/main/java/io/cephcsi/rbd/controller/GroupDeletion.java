package io.cephcsi.rbd.controller;

import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupEntry;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.Stores;
import io.cephcsi.rbd.OpenPool;
import io.cephcsi.rbd.Snapshots;

/**
 * Deletes a group of snapshots with its members. The group's journal object goes last: until then a
 * repeated call finds all that is left.
 */
record GroupDeletion(
    Snapshots snapshots, GroupJournal journal, SnapshotDeletion deletion, NameLocks names) {
  /** The group that ceph-csi makes for the cut, and removes behind it. */
  static String groupOfCephCsi(GroupEntry entry) {
    return entry.requestName() + "-vg";
  }

  /** Removes the RBD groups that this driver or ceph-csi was stopped with. */
  static void removeGroups(Pool pool, GroupEntry entry) {
    pool.removeGroup(entry.groupName());
    pool.removeGroup(groupOfCephCsi(entry));
  }

  /** Call it with the group's name held. */
  void delete(OpenPool opened, GroupEntry entry) {
    // First what a call that made the group has left, since it hinders the volumes' own deletion.
    removeGroups(opened.pool(), entry);
    for (String member : entry.members().keySet()) {
      try (var _ = names.hold(member)) { // who restores or reads it shares it
        VolumeId.of(member)
            .flatMap(id -> snapshots.open(id, opened.credentials()))
            .ifPresent(deletion::delete);
      }
    }
    journal.undo(Stores.of(opened.pool()), entry);
  }
}
