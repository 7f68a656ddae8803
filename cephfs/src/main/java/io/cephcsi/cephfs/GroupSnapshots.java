package io.cephcsi.cephfs;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.GroupEntry;
import io.cephcsi.journal.GroupJournal;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds the groups of snapshots that this or another driver made, by their ids. */
public final class GroupSnapshots {
  private final FileSystems fileSystems;
  private final GroupJournal journal;

  public GroupSnapshots(FileSystems fileSystems, GroupJournal journal) {
    this.fileSystems = fileSystems;
    this.journal = journal;
  }

  /** A group with its filesystem open; closing it closes that. */
  public record Opened(VolumeId id, OpenFileSystem opened, GroupEntry entry)
      implements AutoCloseable {
    /** The ids of its snapshots; none until all of them are cut. */
    public Set<String> members() {
      return Set.copyOf(entry.members().values());
    }

    /**
     * Refuses other members than the group has; none given is as good as all.
     *
     * @throws CsiException.InvalidArgument when they differ
     */
    public void requireMembers(List<String> snapshotIds) {
      if (!snapshotIds.isEmpty() && !Set.copyOf(snapshotIds).equals(members())) {
        throw new CsiException.InvalidArgument(
            "snapshot_ids %s are not the members of group %s: name %s"
                .formatted(snapshotIds, id.text(), members()));
      }
    }

    @Override
    public void close() {
      opened.close();
    }
  }

  /**
   * Opens the filesystem of a group, or one that mirrors it, and reads its journal object. Whoever
   * asks closes the answer.
   *
   * @return empty when its filesystem or its journal object is gone
   * @throws CsiException.InvalidArgument when its cluster is not configured
   */
  public Optional<Opened> open(VolumeId id, Credentials credentials) {
    return fileSystems.find(id, credentials, opened -> read(id, opened));
  }

  /** Whether a snapshot is a member of a group that is still there. */
  public boolean hasMember(String groupId, String snapshotId, Credentials credentials) {
    var found = VolumeId.of(groupId).flatMap(id -> open(id, credentials));
    if (found.isEmpty()) {
      return false;
    }
    try (Opened group = found.get()) {
      return group.members().contains(snapshotId);
    }
  }

  /** The refusal of a call on a group that is not there. */
  public static CsiException.NotFound missing(String id) {
    return new CsiException.NotFound(
        "group snapshot %s does not exist: see whether it was removed by hand".formatted(id));
  }

  private Optional<Opened> read(VolumeId id, OpenFileSystem opened) {
    try {
      Optional<GroupEntry> entry = journal.read(opened.pool(), id.uuid());
      if (entry.isEmpty()) {
        opened.close();
      }
      return entry.map(e -> new Opened(id, opened, e));
    } catch (Throwable e) {
      opened.close();
      throw e;
    }
  }
}
