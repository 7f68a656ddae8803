package io.cephcsi.rbd;

import io.cephcsi.ceph.Credentials;
import io.cephcsi.csi.CsiException;
import io.cephcsi.csi.Phase;
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
   * Opens the pool of a volume, or one that mirrors it, and reads its journal object, in one
   * operation. Whoever asks closes the answer.
   *
   * @return empty when its pool or its journal object is gone
   * @throws CsiException.InvalidArgument when its cluster is not configured, or has no pool of the
   *     name that the handle says
   */
  public Optional<Volume> open(VolumeHandle handle, Credentials credentials) {
    return switch (handle) {
      case VolumeHandle.Journaled(var id) ->
          pools.find(id, credentials, pool -> read(handle, id, pool));
      case VolumeHandle.InTree(var cluster, var pool, var image) ->
          named(handle, cluster, pool, image, credentials);
      case VolumeHandle.Static(var cluster, var pool, var image) ->
          named(handle, cluster, pool, image, credentials);
    };
  }

  private Optional<Volume> named(
      VolumeHandle handle, String cluster, String pool, String image, Credentials credentials) {
    return pools.find(
        cluster,
        pool,
        credentials,
        opened -> new Volume(handle, opened, VolumeEntry.ofImage(image)));
  }

  /**
   * As {@link #open}, for calls on a volume that must be there.
   *
   * @throws CsiException.NotFound when the id is none of ours, or the volume is not there
   */
  public Volume require(String id, Credentials credentials) {
    return VolumeHandle.of(id)
        .flatMap(handle -> open(handle, credentials))
        .orElseThrow(() -> missing(id));
  }

  /** The refusal of a call on a volume that is not there. */
  public static CsiException.NotFound missing(String id) {
    return new CsiException.NotFound(
        VolumeHandle.of(id).isPresent()
            ? "volume %s does not exist: see whether it was removed by hand (cephcsi volumes ls)"
                .formatted(id)
            : "volume %s does not exist: see its PV's volumeHandle, which of a static one is clusterID/pool/image for this call"
                .formatted(id));
  }

  private Optional<Volume> read(VolumeHandle handle, VolumeId id, OpenPool pool) {
    try (var _ = Phase.JOURNAL.begin()) {
      Optional<VolumeEntry> entry = journal.read(pool.pool(), id.uuid());
      if (entry.isEmpty()) {
        pool.close();
      }
      return entry.map(e -> new Volume(handle, pool, e));
    } catch (Throwable e) {
      pool.close();
      throw e;
    }
  }
}
