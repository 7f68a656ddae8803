package io.cephcsi.cephfs;

import java.util.List;

/**
 * A filesystem of a cluster.
 *
 * @param id the FSCID, which stands in the ids of its volumes
 * @param metadataPoolId the pool with the journals, besides the filesystem's own metadata
 * @param dataPoolIds the default one first
 * @param active whether a metadata server served it when the monitors were asked
 */
public record FileSystem(
    String name, long id, long metadataPoolId, List<Long> dataPoolIds, boolean active) {
  public FileSystem {
    dataPoolIds = List.copyOf(dataPoolIds);
  }
}
