package io.cephcsi.journal;

/**
 * What the journal is to keep of a new snapshot.
 *
 * @param name the name that the request gives the snapshot
 * @param imagePrefix the image's name is this and the UUID
 * @param source the image name of the volume that it is taken of, never empty
 * @param sourceId the id of that volume as CSI has it
 * @param owner the namespace of the claim, empty when unknown
 * @param groupId the id of the group of snapshots that it is a member of, empty for none
 * @param sizeBytes of the volume now; 0 to keep nothing of that
 */
public record SnapshotRequest(
    String name,
    String imagePrefix,
    String source,
    String sourceId,
    String owner,
    String groupId,
    long sizeBytes) {
  /** Of an image, which itself tells how large it is. */
  public SnapshotRequest(
      String name,
      String imagePrefix,
      String source,
      String sourceId,
      String owner,
      String groupId) {
    this(name, imagePrefix, source, sourceId, owner, groupId, 0);
  }

  /** Of an image's snapshot that is in no group. */
  public SnapshotRequest(
      String name, String imagePrefix, String source, String sourceId, String owner) {
    this(name, imagePrefix, source, sourceId, owner, "");
  }

  public SnapshotRequest {
    if (source.isEmpty()) {
      throw new IllegalArgumentException("snapshot " + name + " has no source");
    }
  }
}
