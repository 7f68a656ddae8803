package io.cephcsi.rbd.controller;

import csi.v1.CapacityRange;
import io.cephcsi.csi.CsiException;

/**
 * The sizes that a request allows, and the one that a new image gets.
 *
 * @param imageBytes what a new image is made with
 * @param requiredBytes the least that an existing image must have
 * @param limitBytes the most that it may have, {@link Long#MAX_VALUE} when the request sets no
 *     limit
 */
record VolumeSize(long imageBytes, long requiredBytes, long limitBytes) {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  /** When the request does not say how large. */
  private static final long DEFAULT = GIB;

  /** An image has at most this many bytes, so that rounding up never overflows. */
  private static final long LARGEST = 1L << 62;

  /** One GiB when the request says nothing. */
  static VolumeSize unasked() {
    return new VolumeSize(DEFAULT, 0, Long.MAX_VALUE);
  }

  /**
   * Rounds as ceph-csi does, up to whole GiB from 1 GiB on and to whole MiB below, but to whole MiB
   * where whole GiB would exceed the limit.
   *
   * @throws CsiException.InvalidArgument for negative bytes, or when neither is set
   * @throws CsiException.OutOfRange when no whole number of MiB fits
   */
  static VolumeSize of(CapacityRange range) {
    long required = range.getRequiredBytes();
    long limit = range.getLimitBytes();
    if (required < 0 || limit < 0) {
      throw new CsiException.InvalidArgument(
          "capacity_range has negative bytes: required %d, limit %d".formatted(required, limit));
    }
    if (required == 0 && limit == 0) {
      throw new CsiException.InvalidArgument(
          "capacity_range sets neither required_bytes nor limit_bytes: set one, or leave it out");
    }
    long most = limit == 0 ? Long.MAX_VALUE : limit;
    long least = required == 0 ? Math.min(DEFAULT, most / MIB * MIB) : required;
    return new VolumeSize(round(least, most), required, most);
  }

  private static long round(long bytes, long limit) {
    if (bytes > LARGEST) {
      throw new CsiException.OutOfRange(
          "required_bytes %d is more than an image can have, %d".formatted(bytes, LARGEST));
    }
    long gibs = bytes < GIB ? Long.MAX_VALUE : up(bytes, GIB);
    long size = gibs <= limit && bytes >= GIB ? gibs : up(bytes, MIB);
    if (size == 0 || size > limit) {
      throw new CsiException.OutOfRange(
          "no whole number of MiB fits between required_bytes %d and limit_bytes %d"
              .formatted(bytes, limit));
    }
    return size;
  }

  private static long up(long bytes, long unit) {
    return (bytes + unit - 1) / unit * unit;
  }

  /**
   * The size of an image that begins as a copy; the copied size when the request asks for none.
   *
   * @throws CsiException.OutOfRange when the source is larger than the request allows
   */
  long bytesForCopyOf(long sourceBytes) {
    if (requiredBytes == 0 && sourceBytes <= limitBytes) {
      return limitBytes == Long.MAX_VALUE ? sourceBytes : Math.max(sourceBytes, imageBytes);
    }
    if (imageBytes < sourceBytes) {
      throw new CsiException.OutOfRange(
          "the source has %d bytes, more than a volume of required_bytes %d and limit_bytes %d: ask for at least as much"
              .formatted(sourceBytes, requiredBytes, limitBytes));
    }
    return imageBytes;
  }

  /** Whether an image of this size answers the request. */
  boolean fits(long bytes) {
    return requiredBytes <= bytes && bytes <= limitBytes;
  }
}
