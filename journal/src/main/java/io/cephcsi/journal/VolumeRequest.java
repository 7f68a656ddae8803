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
 */
public record VolumeRequest(
    String name, String imagePrefix, String owner, String parameters, String backingSnapshotId) {
  /** Of what has data of its own. */
  public VolumeRequest(String name, String imagePrefix, String owner, String parameters) {
    this(name, imagePrefix, owner, parameters, "");
  }
}
