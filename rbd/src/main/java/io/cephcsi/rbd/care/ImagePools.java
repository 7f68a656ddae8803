package io.cephcsi.rbd.care;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.cluster.Json;
import io.cephcsi.csi.CsiException;
import java.util.ArrayList;
import java.util.List;

/** The pools of a cluster that may have images. Monitor command {@code osd pool ls detail}. */
public final class ImagePools {
  private static final String COMMAND =
      "{\"prefix\":\"osd pool ls\",\"detail\":\"detail\",\"format\":\"json\"}";

  private ImagePools() {}

  /** Their names. */
  public static List<String> of(Cluster cluster) {
    try {
      List<String> names = new ArrayList<>();
      for (JsonNode pool : Json.MAPPER.readTree(cluster.monitorCommand(COMMAND))) {
        if (pool.path("application_metadata").has("rbd")) {
          names.add(pool.path("pool_name").asText());
        }
      }
      return names;
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable(
          "the monitors' list of pools is not JSON: see whether this Ceph is one that is tested (cephcsi preflight)",
          e);
    }
  }
}
