package io.cephcsi.ceph;

/** A stretch of an image, in bytes; never empty. */
public record Extent(long offset, long length) {
  public Extent {
    if (offset < 0 || length <= 0) {
      throw new IllegalArgumentException("no extent: %d bytes at %d".formatted(length, offset));
    }
  }

  /** The first byte behind it. */
  public long end() {
    return offset + length;
  }
}
