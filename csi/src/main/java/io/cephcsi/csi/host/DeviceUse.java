package io.cephcsi.csi.host;

import java.time.Duration;

/**
 * What a block device has done since it is there.
 *
 * @param readTime how long the reads took, all together; reads at the same time count each
 * @param writeTime the same of the writes
 * @param inFlight reads and writes that have no answer yet
 */
public record DeviceUse(
    long reads,
    long readBytes,
    Duration readTime,
    long writes,
    long writtenBytes,
    Duration writeTime,
    long inFlight) {}
