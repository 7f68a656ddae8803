package io.cephcsi.ceph;

import java.time.Instant;

/**
 * An image in the trash.
 *
 * @param name the name it had
 * @param keepUntil before that Ceph refuses to purge it
 */
public record TrashEntry(String imageId, String name, Instant movedAt, Instant keepUntil) {}
