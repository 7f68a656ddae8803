package io.cephcsi.journal;

/** An entry of the directory: a request's name and the UUID that it owns. */
public record NamedUuid(String name, String uuid) {
  /**
   * Whether the value can be one of ours. ceph-csi also keeps, at the id of a volume from before a
   * failover, the id that it has now.
   */
  public boolean isReadable() {
    return Directory.readable(uuid);
  }
}
