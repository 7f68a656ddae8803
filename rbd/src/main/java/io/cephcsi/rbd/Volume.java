package io.cephcsi.rbd;

import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.VolumeEntry;

/**
 * A volume that the journal knows, with its pool open; closing it closes the pool. Whether its
 * image is still there is for the reader to see.
 */
public record Volume(VolumeId id, OpenPool opened, VolumeEntry entry) implements AutoCloseable {
  /** The pool of the image and its journal object. */
  public Pool pool() {
    return opened.pool();
  }

  @Override
  public void close() {
    opened.close();
  }
}
