package io.cephcsi.cephfs.controller;

import io.cephcsi.cephfs.OpenFileSystem;
import io.cephcsi.cephfs.Snapshots;
import io.cephcsi.csi.NameLocks;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupEntry;
import io.cephcsi.journal.GroupJournal;
import io.cephcsi.journal.NamedUuid;
import io.cephcsi.journal.SnapshotJournal;
import io.cephcsi.journal.Stores;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes a group of snapshots with its members. The group's journal object goes last: until then a
 * repeated call finds all that is left.
 */
record GroupDeletion(
    Snapshots snapshots,
    SnapshotJournal snapshotJournal,
    GroupJournal journal,
    SnapshotDeletion deletion,
    NameLocks names) {
  private static final int PAGE = 100;

  /** Call it with the group's name held. */
  void delete(OpenFileSystem opened, GroupEntry entry) {
    for (String member : entry.members().values()) {
      VolumeId.of(member).ifPresent(id -> delete(opened, id));
    }
    delete(opened, unfinished(opened, entry));
    journal.undo(Stores.of(opened.pool()), entry);
  }

  /**
   * The snapshots that a call cut, and was stopped before they were members; their names tell whose
   * they are.
   */
  List<VolumeId> unfinished(OpenFileSystem opened, GroupEntry entry) {
    String prefix = GroupPlan.memberNames(entry);
    List<VolumeId> found = new ArrayList<>();
    List<NamedUuid> page = snapshotJournal.page(opened.pool(), prefix, PAGE);
    while (!page.isEmpty() && page.getFirst().name().startsWith(prefix)) {
      page.stream()
          .filter(named -> named.name().startsWith(prefix))
          .map(named -> new VolumeId(opened.config().clusterId(), opened.location(), named.uuid()))
          .forEach(found::add);
      page = snapshotJournal.page(opened.pool(), page.getLast().name(), PAGE);
    }
    return List.copyOf(found);
  }

  /** Deletes snapshots; those that are gone are no error. */
  void delete(OpenFileSystem opened, List<VolumeId> ids) {
    ids.forEach(id -> delete(opened, id));
  }

  private void delete(OpenFileSystem opened, VolumeId id) {
    try (var _ = names.hold(id.text())) { // who restores or reads it shares it
      snapshots
          .open(id, opened.credentials())
          .ifPresent(found -> {
            try (var snapshot = found) {
              deletion.delete(snapshot);
            }
          });
    }
  }
}
