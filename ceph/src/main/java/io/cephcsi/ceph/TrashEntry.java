package io.cephcsi.ceph;

import java.time.Instant;

/** An image in the trash: its id, the name it had, and since when. */
public record TrashEntry(String imageId, String name, Instant movedAt) {}
