package io.cephcsi.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.csi.CsiException;
import java.util.stream.StreamSupport;

/** How many bytes can still be written, by one question to the monitors: {@code df}. */
public final class RoomLeft {
  private RoomLeft() {}

  /** To all of a cluster, copies counted. */
  public static long inCluster(Cluster cluster) {
    return usage(cluster).path("stats").path("total_avail_bytes").asLong();
  }

  /**
   * To a pool.
   *
   * @throws CsiException.InvalidArgument when the cluster has no such pool
   */
  public static long inPool(Cluster cluster, String clusterId, String pool) {
    return StreamSupport.stream(usage(cluster).path("pools").spliterator(), false)
        .filter(p -> p.path("name").asText().equals(pool))
        .mapToLong(p -> p.path("stats").path("max_avail").asLong())
        .findFirst()
        .orElseThrow(() ->
            new CsiException.InvalidArgument(
                "cluster %s has no pool %s: create it, or name another in the class"
                    .formatted(clusterId, pool)));
  }

  private static JsonNode usage(Cluster cluster) {
    try {
      return Json.MAPPER.readTree(
          cluster.monitorCommand("{\"prefix\":\"df\",\"format\":\"json\"}"));
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable(
          "the monitor's answer to df is not JSON: see whether this Ceph is one that is tested (cephcsi preflight)",
          e);
    }
  }
}
