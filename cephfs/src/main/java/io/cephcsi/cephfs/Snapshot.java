package io.cephcsi.cephfs;

import io.cephcsi.ceph.Pool;
import io.cephcsi.csi.VolumeId;
import io.cephcsi.journal.SnapshotEntry;

/**
 * A snapshot that the journal knows, with its filesystem open; closing it closes that. Whether it
 * is still there is for the reader to see.
 *
 * @param id of the same form as a volume's
 */
public record Snapshot(VolumeId id, OpenFileSystem opened, SnapshotEntry entry)
    implements AutoCloseable {
  /** The pool of its journal object. */
  public Pool pool() {
    return opened.pool();
  }

  /** The subvolumes among which its source is. */
  public Subvolumes subvolumes() {
    return opened.subvolumes();
  }

  /** The subvolume that it was taken of. */
  public String source() {
    return entry.source();
  }

  /** Its name on that subvolume. */
  public String name() {
    return entry.imageName();
  }

  @Override
  public void close() {
    opened.close();
  }
}
