package io.cephcsi.cephfs;

import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.VolumeEntry;

/**
 * A volume that the journal knows, with its filesystem open; closing it closes that. Whether its
 * subvolume is still there is for the reader to see.
 *
 * @param id with the filesystem's FSCID as location
 */
public record Volume(VolumeId id, OpenFileSystem opened, VolumeEntry entry)
    implements AutoCloseable {
  /** The pool of its journal object. */
  public Pool pool() {
    return opened.pool();
  }

  /** The subvolumes among which its own is. */
  public Subvolumes subvolumes() {
    return opened.subvolumes();
  }

  /** Its subvolume's name; one that shows a snapshot has only the name. */
  public String subvolume() {
    return entry.imageName();
  }

  /** Whether it only shows a snapshot, and has no subvolume. */
  public boolean showsSnapshot() {
    return !entry.backingSnapshotId().isEmpty();
  }

  @Override
  public void close() {
    opened.close();
  }
}
