package io.cephcsi.ceph;

import java.time.Instant;

/**
 * A snapshot of an image.
 *
 * @param name of one that was removed while it had clones: the name before
 * @param sizeBytes the image's size when it was cut
 * @param createdAt when it was cut
 */
public record ImageSnapshot(long id, String name, long sizeBytes, Kind kind, Instant createdAt) {
  /** Why a snapshot is there. C: {@code rbd_snap_namespace_type_t}. */
  public enum Kind {
    USER,
    GROUP,
    /** Removed, and kept by clones. */
    TRASH,
    MIRROR,
    /** Of a newer Ceph. */
    OTHER;

    static Kind of(int type) {
      return switch (type) {
        case 0 -> USER;
        case 1 -> GROUP;
        case 2 -> TRASH;
        case 3 -> MIRROR;
        default -> OTHER;
      };
    }
  }
}
