package io.cephcsi.csi;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a server listens: {@code unix:///csi/csi.sock} or {@code tcp://127.0.0.1:10000}. */
public sealed interface Endpoint {
  /** A unix domain socket. */
  record Unix(Path path) implements Endpoint {
    /** What {@code sockaddr_un} holds, without the terminator. */
    private static final int LONGEST = 107;

    public Unix {
      if (path.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST) {
        throw new IllegalArgumentException(
            "endpoint %s is longer than the 107 bytes of a socket's path: choose a shorter one"
                .formatted(path));
      }
    }

    @Override
    public SocketAddress address() {
      return UnixDomainSocketAddress.of(path);
    }

    @Override
    public String toString() {
      return "unix://" + path;
    }

    /**
     * Removes a socket that a driver before left behind.
     *
     * @throws IOException when a process answers on it, or something else is there
     */
    void removeStale() throws IOException {
      if (!Files.exists(path)) {
        return;
      }
      if (Files.isRegularFile(path) || Files.isDirectory(path)) {
        throw new IOException(
            "endpoint %s: there is a file that is no socket; remove it or take another path"
                .formatted(path));
      }
      try (var _ = SocketChannel.open(address())) {
        throw new IOException(
            "endpoint %s: in use by a live process; stop it or take another path".formatted(path));
      } catch (java.net.ConnectException e) {
        Files.deleteIfExists(path);
      }
    }
  }

  /** A TCP address. */
  record Tcp(String host, int port) implements Endpoint {
    @Override
    public SocketAddress address() {
      return new InetSocketAddress(host, port);
    }

    @Override
    public String toString() {
      return "tcp://%s:%d".formatted(host, port);
    }
  }

  SocketAddress address();

  /**
   * Reads an endpoint.
   *
   * @throws IllegalArgumentException when it is neither of the two forms
   */
  static Endpoint of(String text) {
    if (text.startsWith("unix://")) {
      // as ceph-csi reads it: a slash and the rest
      return new Unix(Path.of("/" + text.substring("unix://".length()).replaceFirst("^/+", "")));
    }
    if (text.startsWith("tcp://")) {
      try {
        var uri = new URI(text);
        if (uri.getHost() != null && uri.getPort() > 0) {
          return new Tcp(uri.getHost(), uri.getPort());
        }
      } catch (URISyntaxException e) {
        // Refused below: its own text names neither of the two forms.
      }
    }
    throw new IllegalArgumentException(
        "endpoint %s is neither unix:///path/to.sock nor tcp://host:port: give one of the two"
            .formatted(text));
  }
}
