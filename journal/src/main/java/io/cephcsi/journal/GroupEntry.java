package io.cephcsi.journal;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the journal knows of a group of volumes or of a group of snapshots.
 *
 * @param requestName the name that owns it; empty when unknown
 * @param groupName the RBD group's name, never empty
 * @param creationTime null when unknown
 * @param members of a group of volumes: empty texts by CSI volume id. Of a group of RBD snapshots:
 *     their image names by CSI snapshot id. Of a group of CephFS snapshots: CSI snapshot ids by CSI
 *     volume id
 */
public record GroupEntry(
    String uuid,
    String requestName,
    String groupName,
    @Nullable Instant creationTime,
    Map<String, String> members) {
  public GroupEntry {
    members = Map.copyOf(members);
  }
}
