package io.cephcsi.rbd;

import io.cephcsi.ceph.Pool;
import io.cephcsi.journal.VolumeEntry;

/**
 * A volume that its journal knows, or its handle tells all of, with its pool open; closing it
 * closes the pool. Whether its image is still there is for the reader to see.
 */
public record Volume(VolumeHandle handle, OpenPool opened, VolumeEntry entry)
    implements Pools.Found {
  /** The pool of the image and its journal object. */
  public Pool pool() {
    return opened.pool();
  }

  /** The id of the cluster that it was found in, which may be a mirror of its handle's. */
  public String clusterId() {
    return opened.config().clusterId();
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
