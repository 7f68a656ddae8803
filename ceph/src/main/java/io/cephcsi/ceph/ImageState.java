package io.cephcsi.ceph;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an image's header object says of it, more than {@link ImageHeader}.
 *
 * @param snapshots the ids of all, those that only clones keep among them
 * @param createdAt the epoch for images of a Ceph that did not note it
 * @param parent null for one that is no clone; of one that was flattened also what only its
 *     snapshots still hang on
 */
public record ImageState(
    long sizeBytes,
    long features,
    List<Long> snapshots,
    Instant createdAt,
    @Nullable ParentLink parent) {
  public ImageState {
    snapshots = List.copyOf(snapshots);
  }
}
