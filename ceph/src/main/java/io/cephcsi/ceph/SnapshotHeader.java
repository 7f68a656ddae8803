package io.cephcsi.ceph;

/**
 * What an image's header object says of a snapshot.
 *
 * @param clones how many images were cloned from it and are not flattened
 */
public record SnapshotHeader(ImageSnapshot snapshot, int clones) {
  /**
   * Whether it has lost its name to a removal and no clone keeps it: who removed the last clone, or
   * the snapshot itself, was stopped amid it. Nobody can use it, and librbd leaves it there.
   */
  public boolean abandoned() {
    return snapshot.kind() == ImageSnapshot.Kind.TRASH && clones == 0;
  }
}
