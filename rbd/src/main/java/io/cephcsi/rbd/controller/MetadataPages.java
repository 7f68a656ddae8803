package io.cephcsi.rbd.controller;

import csi.v1.BlockMetadata;
import io.cephcsi.ceph.Extent;
import io.cephcsi.ceph.Extents;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Cuts a snapshot's metadata into answers: slice after slice of the volume, so that no native call
 * takes long, memory is bounded, and the caller hears of the beginning before the end is known.
 */
record MetadataPages(MetadataRange range, long sizeBytes) {
  /** Some hundred objects. */
  private static final long SLICE = 1L << 30;

  /** Finds the stretches in a slice of the volume. */
  interface Blocks {
    Extents in(long offset, long length);
  }

  /** Sends all of it; at least one page, since it tells the volume's size. */
  void send(Blocks blocks, Consumer<List<BlockMetadata>> page) {
    boolean sent = false;
    for (long from = range.startingOffset(); from < sizeBytes; from = sliceEnd(from)) {
      List<Extent> extents = blocks.in(from, sliceEnd(from) - from).all();
      pages(extents).forEach(page);
      sent |= !extents.isEmpty();
    }
    if (!sent) {
      page.accept(List.of());
    }
  }

  private long sliceEnd(long from) {
    return Math.min(sizeBytes, (from / SLICE + 1) * SLICE);
  }

  private List<List<BlockMetadata>> pages(List<Extent> extents) {
    int most = range.mostTuples();
    return IntStream.range(0, Math.ceilDiv(extents.size(), most))
        .mapToObj(n -> extents.subList(n * most, Math.min(extents.size(), (n + 1) * most)))
        .map(part -> part.stream().map(MetadataPages::tuple).toList())
        .toList();
  }

  private static BlockMetadata tuple(Extent extent) {
    return BlockMetadata.newBuilder()
        .setByteOffset(extent.offset())
        .setSizeBytes(extent.length())
        .build();
  }
}
