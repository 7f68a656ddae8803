package io.cephcsi.journal;

/**
 * What the journal is to keep of a new volume.
 *
 * @param name the name that the request gives the volume
 * @param imagePrefix the image's name is this and the UUID
 * @param owner the namespace of the claim, empty when unknown
 * @param parameters what was asked for, in any text form that can be compared
 * @param backingSnapshotId the id of the snapshot that it only shows, empty when it has data of its
 *     own
 * @param sizeBytes what it will be made with; 0 to keep nothing of that
 */
public record VolumeRequest(
    String name,
    String imagePrefix,
    String owner,
    String parameters,
    String backingSnapshotId,
    long sizeBytes) {
  /** Of an image, which itself tells how large it is. */
  public VolumeRequest(String name, String imagePrefix, String owner, String parameters) {
    this(name, imagePrefix, owner, parameters, "", 0);
  }
}
