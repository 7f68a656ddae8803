package io.cephcsi.journal;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the journal knows of a snapshot; texts are empty where it knows nothing.
 *
 * @param requestName the name that owns it
 * @param imageName the name of the image that holds it and of the RBD snapshot on that image, never
 *     empty
 * @param imageId the image's id in its pool; empty until the image was made
 * @param source the image name of the volume that it is taken of; empty only when the object is
 *     damaged, which {@link SnapshotJournal#reserve} never returns
 * @param sourceId the id of that volume as CSI has it; empty for ceph-csi's
 * @param owner the namespace of its claim
 * @param groupId the id of the group of snapshots that it is a member of, empty for none
 * @param cutAt when the volume was cut; empty until the image was made, and for ceph-csi's
 * @param journalPool the id of the pool with the name's directory, when that is not the image's
 * @param discarded whether its deletion has begun
 * @param encrypted whether ceph-csi encrypts it
 * @param unfinished whether the snapshot on its image, which restores are cloned from, may be
 *     missing yet
 * @param sizeBytes of the volume when it was taken, as far as this driver knew; 0 when unknown
 */
public record SnapshotEntry(
    String uuid,
    String requestName,
    String imageName,
    String imageId,
    String source,
    String sourceId,
    String owner,
    String groupId,
    Optional<Instant> cutAt,
    OptionalLong journalPool,
    boolean discarded,
    boolean encrypted,
    boolean unfinished,
    long sizeBytes) {}
