package io.cephcsi.journal;

import java.util.OptionalLong;

/**
 * What the journal knows of a volume; texts are empty where it knows nothing.
 *
 * @param requestName the name that owns it
 * @param imageName the image's name, never empty
 * @param imageId the image's id in its pool; empty until the image was made
 * @param owner the namespace of its claim
 * @param parameters what was asked for; empty for volumes of ceph-csi
 * @param journalPool the id of the pool with the name's directory, when that is not the image's
 * @param discarded whether its deletion has begun
 * @param encrypted whether ceph-csi encrypts it
 * @param backingSnapshotId the id of the snapshot that it only shows, empty when it has data of its
 *     own
 * @param sizeBytes what this driver last made it, 0 for no bound; empty for an image, for what is
 *     not whole yet, and for what ceph-csi made
 */
public record VolumeEntry(
    String uuid,
    String requestName,
    String imageName,
    String imageId,
    String owner,
    String parameters,
    OptionalLong journalPool,
    boolean discarded,
    boolean encrypted,
    String backingSnapshotId,
    OptionalLong sizeBytes) {
  /** Whether ceph-csi made the reservation, which does not keep what was asked for. */
  public boolean ofCephCsi() {
    return parameters.isEmpty();
  }

  /** What there is to say of an image that no journal knows. */
  public static VolumeEntry ofImage(String imageName) {
    return new VolumeEntry(
        "",
        "",
        imageName,
        "",
        "",
        "",
        OptionalLong.empty(),
        false,
        false,
        "",
        OptionalLong.empty());
  }
}
