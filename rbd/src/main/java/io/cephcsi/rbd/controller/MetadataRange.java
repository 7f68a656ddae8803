package io.cephcsi.rbd.controller;

import io.cephcsi.csi.CsiException;

/**
 * What part of a snapshot's metadata is asked for.
 *
 * @param startingOffset the first byte
 * @param mostTuples in one answer
 */
record MetadataRange(long startingOffset, int mostTuples) {
  /** Some ten KiB an answer. */
  private static final int DEFAULT_TUPLES = 1024;

  /**
   * Checks what a request has.
   *
   * @param maxResults 0 leaves it to us
   */
  static MetadataRange of(long startingOffset, int maxResults) {
    if (startingOffset < 0) {
      throw new CsiException.OutOfRange(
          "starting_offset %d is negative: the caller must correct it".formatted(startingOffset));
    }
    if (maxResults < 0) {
      throw new CsiException.InvalidArgument(
          "max_results %d is negative: the caller must correct it".formatted(maxResults));
    }
    int most = maxResults == 0 ? DEFAULT_TUPLES : Math.min(maxResults, DEFAULT_TUPLES);
    return new MetadataRange(startingOffset, most);
  }

  /**
   * Refuses a start behind the end. At the end there is nothing more, which is no error: a caller
   * that goes on behind the last tuple may start there.
   */
  void requireWithin(long sizeBytes) {
    if (startingOffset > sizeBytes) {
      throw new CsiException.OutOfRange(
          "starting_offset %d is behind the end of the volume, which has %d bytes: the caller must start before it"
              .formatted(startingOffset, sizeBytes));
    }
  }
}
