package io.cephcsi.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.ceph.CephException;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Errno;
import io.cephcsi.csi.CsiException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/** The clients that a cluster's OSDs refuse, by their addresses with port and nonce. */
public record Blocklist(Set<String> clients) {
  /** Longer than any node sleeps; Ceph's own hour is not. */
  private static final Duration FOR_GOOD = Duration.ofDays(5 * 365);

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
      throw new CsiException.Unavailable(
          "the monitors' blocklist is not JSON: see whether this Ceph is one that is tested (cephcsi preflight)",
          e);
    }
    return new Blocklist(clients);
  }

  private static String list(Cluster cluster) {
    return ask(cluster, "{\"prefix\":\"osd blocklist ls\",\"format\":\"json\"}");
  }

  private static String ask(Cluster cluster, String command) {
    try {
      return cluster.monitorCommand(command);
    } catch (CephException e) {
      if (e.errno() != Errno.EINVAL) {
        throw e;
      }
      return cluster.monitorCommand(command.replace("blocklist", "blacklist")); // before Ceph 16
    }
  }

  /**
   * Adds a client, for five years, and sees that it is there; safe to repeat. From then on no OSD
   * that hears from a younger client takes a write of it. Monitor command {@code osd blocklist}.
   *
   * @param client the address with port and nonce, so that no other client is hit
   * @throws CsiException.Unavailable when the list does not have it afterwards
   */
  public static void add(Cluster cluster, String client) {
    String address = plain(client);
    var _ =
        ask(
            cluster,
            "{\"prefix\":\"osd blocklist\",\"blocklistop\":\"add\",\"addr\":\"%s\",\"expire\":%d.0}"
                .formatted(address, FOR_GOOD.toSeconds()));
    if (!of(cluster).has(address)) {
      throw new CsiException.Unavailable(
          "client %s is not in the cluster's blocklist, though it was added: ask again"
              .formatted(address),
          null);
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
