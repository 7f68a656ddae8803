package io.cephcsi.rbd;

import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.SnapshotEntry;

/**
 * A snapshot that the journal knows, with its pool open; closing it closes the pool. Whether its
 * image is still there is for the reader to see.
 *
 * @param id of the same form as a volume's
 */
public record Snapshot(VolumeId id, OpenPool opened, SnapshotEntry entry) implements Pools.Found {
  /** The pool of the image and its journal object. */
  public Pool pool() {
    return opened.pool();
  }

  @Override
  public boolean hasImage() {
    return pool().imageId(entry.imageName()).isPresent();
  }

  @Override
  public void close() {
    opened.close();
  }
}
