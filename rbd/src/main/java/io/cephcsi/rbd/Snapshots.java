package io.cephcsi.rbd;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.SnapshotEntry;
import io.cephcsi.journal.SnapshotJournal;
import java.util.Optional;

/** Finds the snapshots that this or another driver made, by their ids. */
public final class Snapshots {
  private final Pools pools;
  private final SnapshotJournal journal;

  public Snapshots(Pools pools, SnapshotJournal journal) {
    this.pools = pools;
    this.journal = journal;
  }

  /**
   * Opens the pool of a snapshot, or one that mirrors it, and reads its journal object, in one
   * operation. Whoever asks closes the answer.
   *
   * @return empty when its pool or its journal object is gone
   * @throws CsiException.InvalidArgument when its cluster is not configured
   */
  public Optional<Snapshot> open(VolumeId id, Credentials credentials) {
    return pools.find(id, credentials, pool -> read(id, pool));
  }

  /**
   * As {@link #open}, for calls on a snapshot that must be there.
   *
   * @throws CsiException.NotFound when it is not there
   */
  public Snapshot require(VolumeId id, Credentials credentials) {
    return open(id, credentials).orElseThrow(() -> missing(id.text()));
  }

  /**
   * As {@link #open}, for calls on a snapshot that must be there.
   *
   * @throws CsiException.NotFound when the id is none of ours, or the snapshot is not there
   */
  public Snapshot require(String id, Credentials credentials) {
    return VolumeId.of(id)
        .flatMap(decoded -> open(decoded, credentials))
        .orElseThrow(() -> missing(id));
  }

  /** The refusal of a call on a snapshot that is not there. */
  public static CsiException.NotFound missing(String id) {
    return new CsiException.NotFound(
        "snapshot %s does not exist: see whether it was removed by hand".formatted(id));
  }

  private Optional<Snapshot> read(VolumeId id, OpenPool pool) {
    try (var _ = Phase.JOURNAL.begin()) {
      // One without a source is half a reservation of ceph-csi's, and no snapshot.
      Optional<SnapshotEntry> entry =
          journal.read(pool.pool(), id.uuid()).filter(e -> !e.source().isEmpty());
      if (entry.isEmpty()) {
        pool.close();
      }
      return entry.map(e -> new Snapshot(id, pool, e));
    } catch (Throwable e) {
      pool.close();
      throw e;
    }
  }
}
