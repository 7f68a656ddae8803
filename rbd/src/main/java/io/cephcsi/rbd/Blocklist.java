package io.cephcsi.rbd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.csi.CsiException;
import java.util.HashSet;
import java.util.Set;

/** The clients that a cluster's OSDs refuse, by their addresses with port and nonce. */
public record Blocklist(Set<String> clients) {
  public Blocklist {
    clients = Set.copyOf(clients);
  }

  /** Asks the monitors. Monitor command {@code osd blocklist ls}. */
  public static Blocklist of(Cluster cluster) {
    Set<String> clients = new HashSet<>();
    try {
      for (JsonNode entry : Json.MAPPER.readTree(list(cluster))) {
        clients.add(plain(entry.path("addr").asText()));
      }
    } catch (JsonProcessingException e) {
      throw new CsiException.Unavailable("the monitors' blocklist is not JSON", e);
    }
    return new Blocklist(clients);
  }

  private static String list(Cluster cluster) {
    try {
      return cluster.monitorCommand("{\"prefix\":\"osd blocklist ls\",\"format\":\"json\"}");
    } catch (CephException e) {
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
      // before Ceph 16
      return cluster.monitorCommand("{\"prefix\":\"osd blacklist ls\",\"format\":\"json\"}");
    }
  }

  /** Whether it has that client. */
  public boolean has(String client) {
    return clients.contains(plain(client));
  }

  /** Some versions put the protocol's name in front: {@code v1:10.0.0.1:0/123}. */
  private static String plain(String address) {
    return address.replaceFirst("^(v1|v2|any):", "");
  }
}
