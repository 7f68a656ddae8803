package io.cephcsi.cephfs.node;

import java.time.Duration;

/**
 * What a client of CephFS has asked the OSDs for since it mounted; what came from its cache is not
 * among that.
 *
 * @param readTime how long the reads took, all together; reads at the same time count each
 * @param writeTime the same of the writes
 */
public record ClientUse(
    long reads,
    long readBytes,
    Duration readTime,
    long writes,
    long writtenBytes,
    Duration writeTime) {}
