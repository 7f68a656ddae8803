package io.cephcsi.cephfs;

import java.time.Instant;

/** What the manager says of a subvolume. */
public sealed interface Subvolume {
  /**
   * One that can be used.
   *
   * @param path of its root in the filesystem
   * @param quotaBytes how large it may grow; 0 for no bound
   * @param usedBytes how large its files are
   * @param dataPool the pool for new files
   * @param createdAt to the second
   */
  record Live(String path, long quotaBytes, long usedBytes, String dataPool, Instant createdAt)
      implements Subvolume {}

  /** One that was removed, of which only the snapshots are left. */
  record Retained() implements Subvolume {}

  /** A clone whose data is not all there: in progress, failed or canceled. */
  record Unfinished() implements Subvolume {}

  /** One in the middle of whose making the manager stopped. */
  record HalfMade() implements Subvolume {}
}
