package io.cephcsi.rbd;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.VolumeEntry;
import io.cephcsi.journal.VolumeJournal;
import java.util.Optional;

/** Finds the volumes that this or another driver made, by their ids. */
public final class Volumes {
  private final Pools pools;
  private final VolumeJournal journal;

  public Volumes(Pools pools, VolumeJournal journal) {
    this.pools = pools;
    this.journal = journal;
  }

  /**
   * Opens the pool of a volume and reads its journal object, in one operation. Whoever asks closes
   * the answer.
   *
   * @return empty when its pool or its journal object is gone
   * @throws CsiException.InvalidArgument when its cluster is not configured
   */
  @SuppressWarnings("MustBeClosedChecker") // what is opened here is owned by the answer
  public Optional<Volume> open(VolumeId id, Credentials credentials) {
    Optional<OpenPool> opened = pools.open(id.clusterId(), id.location(), credentials);
    return opened.flatMap(pool -> read(id, pool));
  }

  /**
   * As {@link #open}, for calls on a volume that must be there.
   *
   * @throws CsiException.NotFound when the id is none of ours, or the volume is not there
   */
  public Volume require(String id, Credentials credentials) {
    return VolumeId.of(id)
        .flatMap(decoded -> open(decoded, credentials))
        .orElseThrow(() -> missing(id));
  }

  /** The refusal of a call on a volume that is not there. */
  public static CsiException.NotFound missing(String id) {
    return new CsiException.NotFound("volume %s does not exist".formatted(id));
  }

  private Optional<Volume> read(VolumeId id, OpenPool pool) {
    try {
      Optional<VolumeEntry> entry = journal.read(pool.pool(), id.uuid());
      if (entry.isEmpty()) {
        pool.close();
      }
      return entry.map(e -> new Volume(id, pool, e));
    } catch (Throwable e) {
      pool.close();
      throw e;
    }
  }
}
