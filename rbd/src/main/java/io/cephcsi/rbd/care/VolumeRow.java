package io.cephcsi.rbd.care;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A volume in a listing.
 *
 * @param name that Kubernetes' provisioner gave it, which is the PV's
 * @param id as the PV has it for a handle
 * @param namespace the RADOS namespace, empty for the default one
 * @param sizeBytes 0 without an image
 * @param usedBytes of what the image itself has, snapshots and parents aside; null where nobody
 *     asked
 * @param watchers how many clients have it open
 * @param createdAt null without an image
 * @param state empty for a sound one
 */
public record VolumeRow(
    String name,
    String id,
    String image,
    String imageId,
    String pool,
    String namespace,
    long sizeBytes,
    @Nullable Long usedBytes,
    int watchers,
    int snapshots,
    @Nullable Instant createdAt,
    String state) {
  /** The same with how much is used. */
  VolumeRow with(long used) {
    return new VolumeRow(
        name, id, image, imageId, pool, namespace, sizeBytes, used, watchers, snapshots, createdAt,
        state);
  }
}
