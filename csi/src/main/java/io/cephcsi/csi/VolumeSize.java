package io.cephcsi.csi;

import csi.v1.CapacityRange;

/**
 * The sizes that a request allows, and the one that a new volume gets.
 *
 * @param bytes what a new volume is made with
 * @param requiredBytes the least that an existing volume must have
 * @param limitBytes the most that it may have, {@link Long#MAX_VALUE} when the request sets no
 *     limit
 */
public record VolumeSize(long bytes, long requiredBytes, long limitBytes) {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  /** When the request does not say how large. */
  private static final long DEFAULT = GIB;

  /** A volume has at most this many bytes, so that rounding up never overflows. */
  private static final long LARGEST = 1L << 62;

  /** One GiB when the request says nothing. */
  public static VolumeSize unasked() {
    return new VolumeSize(DEFAULT, 0, Long.MAX_VALUE);
  }

  /**
   * Rounds as ceph-csi does, up to whole GiB from 1 GiB on and to whole MiB below, but to whole MiB
   * where whole GiB would exceed the limit.
   *
   * @throws CsiException.InvalidArgument for negative bytes, or when neither is set
   * @throws CsiException.OutOfRange when no whole number of MiB fits
   */
  public static VolumeSize of(CapacityRange range) {
    return of(range, MIB);
  }

  /** As {@link #of(CapacityRange)}, with multiples of a number of MiB for those. */
  public static VolumeSize of(CapacityRange range, long unit) {
    long required = range.getRequiredBytes();
    long limit = range.getLimitBytes();
    if (required < 0 || limit < 0) {
      throw new CsiException.InvalidArgument(
          "capacity_range has negative bytes (required %d, limit %d): the caller must correct them"
              .formatted(required, limit));
    }
    if (required == 0 && limit == 0) {
      throw new CsiException.InvalidArgument(
          "capacity_range sets neither required_bytes nor limit_bytes: set one, or leave it out");
    }
    long most = limit == 0 ? Long.MAX_VALUE : limit;
    long least = required == 0 ? Math.min(DEFAULT, most / unit * unit) : required;
    return new VolumeSize(round(least, most, unit), required, most);
  }

  private static long round(long bytes, long limit, long unit) {
    if (bytes > LARGEST) {
      throw new CsiException.OutOfRange(
          "required_bytes %d is more than a volume can have, %d: ask for less"
              .formatted(bytes, LARGEST));
    }
    long gibs = bytes < GIB ? Long.MAX_VALUE : up(bytes, GIB);
    long size = gibs <= limit && bytes >= GIB ? gibs : up(bytes, unit);
    if (size == 0 || size > limit) {
      throw new CsiException.OutOfRange(
          "no whole number of %sMiB fits between required_bytes %d and limit_bytes %d: ask for a higher limit"
              .formatted(unit == MIB ? "" : unit / MIB + " ", bytes, limit));
    }
    return size;
  }

  private static long up(long bytes, long unit) {
    return (bytes + unit - 1) / unit * unit;
  }

  /** None, for volumes that need no bound when the request says nothing. */
  public static VolumeSize unbounded() {
    return new VolumeSize(0, 0, Long.MAX_VALUE);
  }

  /**
   * The size of a volume that begins as a copy; the copied size when the request asks for none.
   *
   * @throws CsiException.OutOfRange when the source is larger than the request allows
   */
  public long bytesForCopyOf(long sourceBytes) {
    if (requiredBytes == 0 && sourceBytes <= limitBytes) {
      return limitBytes == Long.MAX_VALUE ? sourceBytes : Math.max(sourceBytes, bytes);
    }
    if (bytes < sourceBytes) {
      throw new CsiException.OutOfRange(
          "the source has %d bytes, more than a volume of required_bytes %d and limit_bytes %d: ask for at least as much"
              .formatted(sourceBytes, requiredBytes, limitBytes));
    }
    return bytes;
  }

  /** Whether a volume of this size answers the request. */
  public boolean fits(long volumeBytes) {
    return requiredBytes <= volumeBytes && volumeBytes <= limitBytes;
  }

  /**
   * Refuses an existing volume whose size does not answer the request.
   *
   * @throws CsiException.AlreadyExists then
   */
  public void requireFits(String name, long volumeBytes) {
    if (!fits(volumeBytes)) {
      throw new CsiException.AlreadyExists(
          "volume %s exists with %d bytes, which is not what is asked for (required %d, limit %d): delete it or take another name"
              .formatted(name, volumeBytes, requiredBytes, limitBytes));
    }
  }
}
