package io.cephcsi.cluster;

import io.cephcsi.csi.CsiException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Monitors' addresses, each taken apart: {@code 10.0.0.1:6789}, {@code [::1]:6789}, {@code host},
 * {@code [v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]}.
 *
 * @param port 0 when the text has none
 * @param secondProtocol whether the port speaks protocol v2 alone
 */
public record Monitors(String host, int port, boolean secondProtocol) {
  private static final Pattern ADDRESS =
      Pattern.compile("(v[12]:)?(\\[[0-9a-fA-F:.]+\\]|[^:\\[\\],;/\\s]+)(?::(\\d+))?(?:/\\d+)?");
  private static final int SECOND_PROTOCOL_PORT = 3300;

  /** All addresses in the list, in its order. */
  public static List<Monitors> of(String list) {
    List<Monitors> monitors = new ArrayList<>();
    Matcher address = ADDRESS.matcher(list);
    while (address.find()) {
      int port = address.group(3) == null ? 0 : Integer.parseInt(address.group(3));
      boolean second = "v2:".equals(address.group(1)) || port == SECOND_PROTOCOL_PORT;
      monitors.add(new Monitors(address.group(2), port, second));
    }
    return monitors;
  }

  /**
   * The addresses that the host's name has; itself when it is an address already.
   *
   * @throws CsiException.Unavailable when this node does not know the name
   */
  public List<Monitors> resolved() {
    try {
      return Arrays.stream(InetAddress.getAllByName(host))
          .map(address -> new Monitors(literal(address), port, secondProtocol))
          .toList();
    } catch (UnknownHostException e) {
      throw new CsiException.Unavailable(
          "monitor %s has no address on this node: see monitors in config.json and the node's DNS"
              .formatted(host),
          e);
    }
  }

  private static String literal(InetAddress address) {
    return address instanceof Inet6Address
        ? "[" + address.getHostAddress() + "]"
        : address.getHostAddress();
  }

  /** The address with its port. */
  public String text() {
    return port == 0 ? host : host + ":" + port;
  }
}
