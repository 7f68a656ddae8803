package io.cephcsi.cephfs;

import java.time.Instant;

/**
 * What the manager says of a subvolume's snapshot.
 *
 * @param pendingClones whether clones of it are not complete
 */
public record SubvolumeSnapshot(Instant createdAt, boolean pendingClones) {}
