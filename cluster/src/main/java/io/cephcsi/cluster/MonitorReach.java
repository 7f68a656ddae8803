package io.cephcsi.cluster;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * How many monitors of a cluster can be reached from here. A monitor greets whoever connects,
 * before it knows him; so this needs neither user nor key, and no connection of librados, which
 * would hang.
 *
 * @param monitors how many config.json has
 * @param reached how many of them greeted
 */
public record MonitorReach(String clusterId, int monitors, int reached) {
  private static final String BANNER = "ceph v";
  private static final List<Integer> USUAL_PORTS = List.of(3300, 6789);

  /** Asks all monitors, one behind the other. */
  public static MonitorReach of(ClusterConfig cluster, Duration patience) {
    int reached =
        (int) cluster.monitors().stream().filter(monitor -> greets(monitor, patience)).count();
    return new MonitorReach(cluster.clusterId(), cluster.monitors().size(), reached);
  }

  /** A monitor may have several addresses, for the two versions of the protocol. */
  private static boolean greets(String monitor, Duration patience) {
    return Monitors.of(monitor).stream()
        .flatMap(MonitorReach::sockets)
        .anyMatch(socket -> greets(socket, patience));
  }

  private static Stream<InetSocketAddress> sockets(Monitors address) {
    Stream<Integer> ports = address.port() == 0 ? USUAL_PORTS.stream() : Stream.of(address.port());
    return ports.map(port -> new InetSocketAddress(address.host(), port));
  }

  private static boolean greets(InetSocketAddress address, Duration patience) {
    int millis = (int) patience.toMillis();
    try (var socket = new Socket()) {
      socket.connect(address, millis);
      socket.setSoTimeout(millis);
      byte[] banner = socket.getInputStream().readNBytes(BANNER.length());
      return new String(banner, StandardCharsets.US_ASCII).equals(BANNER);
    } catch (IOException e) {
      return false;
    }
  }
}
