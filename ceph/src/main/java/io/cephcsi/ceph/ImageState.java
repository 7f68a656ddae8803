package io.cephcsi.ceph;

import java.time.Instant;

/**
 * What an image's header object says of it, more than {@link ImageHeader}.
 *
 * @param snapshots how many it has, those that only clones keep among them
 * @param createdAt the epoch for images of a Ceph that did not note it
 */
public record ImageState(long sizeBytes, long features, int snapshots, Instant createdAt) {}
