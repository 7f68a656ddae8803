package io.cephcsi.csi.host;

/**
 * How full a filesystem is, in bytes and inodes; {@code available} is what a normal user can have.
 */
public record Usage(
    long totalBytes, long availableBytes, long usedBytes, long totalInodes, long freeInodes) {
  /** Inodes in use. */
  public long usedInodes() {
    return totalInodes - freeInodes;
  }
}
