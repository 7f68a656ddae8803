package io.cephcsi.cephfs;

/** What the manager says of a subvolume. */
public sealed interface Subvolume {
  /**
   * One that can be used.
   *
   * @param path of its root in the filesystem
   * @param quotaBytes how large it may grow; 0 for no bound
   * @param usedBytes how large its files are
   * @param dataPool the pool for new files
   */
  record Live(String path, long quotaBytes, long usedBytes, String dataPool) implements Subvolume {}

  /** One that was removed, of which only the snapshots are left. */
  record Retained() implements Subvolume {}

  /** A clone whose data is not all there: in progress, failed or canceled. */
  record Unfinished() implements Subvolume {}
}
