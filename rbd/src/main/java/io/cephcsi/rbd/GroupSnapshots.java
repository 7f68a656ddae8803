package io.cephcsi.rbd;

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
  private final Pools pools;
  private final GroupJournal journal;

  public GroupSnapshots(Pools pools, GroupJournal journal) {
    this.pools = pools;
    this.journal = journal;
  }

  /** A group with its pool open; closing it closes the pool. */
  public record Opened(VolumeId id, OpenPool opened, GroupEntry entry) implements Pools.Found {
    /** A group that is known is there: it has no image of its own. */
    @Override
    public boolean hasImage() {
      return true;
    }

    /**
     * Refuses other members than the group has; none given is as good as all.
     *
     * @throws CsiException.InvalidArgument when they differ
     */
    public void requireMembers(List<String> snapshotIds) {
      Set<String> members = entry.members().keySet();
      if (!snapshotIds.isEmpty() && !Set.copyOf(snapshotIds).equals(members)) {
        throw new CsiException.InvalidArgument(
            "snapshot_ids %s are not the members of group %s: name %s"
                .formatted(snapshotIds, id.text(), members));
      }
    }

    @Override
    public void close() {
      opened.close();
    }
  }

  /**
   * Opens the pool of a group, or one that mirrors it, and reads its journal object. Whoever asks
   * closes the answer.
   *
   * @return empty when its pool or its journal object is gone
   * @throws CsiException.InvalidArgument when its cluster is not configured
   */
  public Optional<Opened> open(VolumeId id, Credentials credentials) {
    return pools.find(id, credentials, pool -> read(id, pool));
  }

  /** Whether a snapshot is a member of a group that is still there. */
  public boolean hasMember(String groupId, String snapshotId, Credentials credentials) {
    var found = VolumeId.of(groupId).flatMap(id -> open(id, credentials));
    if (found.isEmpty()) {
      return false;
    }
    try (Opened group = found.get()) {
      return group.entry().members().containsKey(snapshotId);
    }
  }

  /** The refusal of a call on a group that is not there. */
  public static CsiException.NotFound missing(String id) {
    return new CsiException.NotFound(
        "group snapshot %s does not exist: see whether it was removed by hand".formatted(id));
  }

  private Optional<Opened> read(VolumeId id, OpenPool pool) {
    try {
      Optional<GroupEntry> entry = journal.read(pool.pool(), id.uuid());
      if (entry.isEmpty()) {
        pool.close();
      }
      return entry.map(e -> new Opened(id, pool, e));
    } catch (Throwable e) {
      pool.close();
      throw e;
    }
  }
}
