package io.cephcsi.rbd.controller;

/**
 * How far images may hang on each other.
 *
 * @param hardDepth an image with this many ancestors is not made; its source is flattened first
 * @param softDepth an image with this many is made, and its source is flattened in the background
 * @param maxSnapshots a volume with more snapshots, those that clones keep included, gets no more
 * @param minSnapshots with more, the clones that keep the oldest are flattened in the background
 */
public record CloneLimits(int hardDepth, int softDepth, int maxSnapshots, int minSnapshots) {
  /** As ceph-csi's flags have it. */
  public static final CloneLimits DEFAULT = new CloneLimits(8, 4, 450, 250);
}
