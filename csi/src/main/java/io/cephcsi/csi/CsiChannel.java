package io.cephcsi.csi;

import io.grpc.ManagedChannelBuilder;
import io.grpc.okhttp.OkHttpChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import javax.net.SocketFactory;

/** What a client speaks to a driver on. */
public final class CsiChannel {
  private CsiChannel() {}

  /** A channel to the endpoint that connects at its first call; who builds it shuts it down. */
  public static ManagedChannelBuilder<?> to(Endpoint endpoint) {
    return switch (endpoint) {
      // gRPC wants an address of TCP; the sockets know better.
      case Endpoint.Unix(var path) ->
          OkHttpChannelBuilder.forAddress("127.0.0.1", 1)
              .socketFactory(new ToUnix(path))
              .overrideAuthority("localhost")
              .usePlaintext();
      case Endpoint.Tcp(var host, int port) ->
          OkHttpChannelBuilder.forAddress(host, port).overrideAuthority("localhost").usePlaintext();
    };
  }

  /** Connects to one unix domain socket, whatever address is asked for. */
  private static final class ToUnix extends SocketFactory {
    private final Path path;

    ToUnix(Path path) {
      this.path = path;
    }

    @Override
    public Socket createSocket() throws IOException {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        channel.connect(UnixDomainSocketAddress.of(path));
        return new UnixSocket(channel);
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return createSocket();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return createSocket();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      return createSocket();
    }
  }
}
