package io.cephcsi.csi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import javax.net.ServerSocketFactory;

/** Makes server sockets that listen on a unix domain socket, for a library that binds them. */
final class UnixListeners extends ServerSocketFactory {
  private static final System.Logger LOG = System.getLogger("cephcsi");
  private static final long PAUSE_MILLIS = 200;

  @Override
  public ServerSocket createServerSocket() throws IOException {
    return new Listener(ServerSocketChannel.open(StandardProtocolFamily.UNIX));
  }

  @Override
  public ServerSocket createServerSocket(int port) {
    throw new UnsupportedOperationException("a unix domain socket has no port");
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog) {
    return createServerSocket(port);
  }

  @Override
  public ServerSocket createServerSocket(int port, int backlog, InetAddress address) {
    return createServerSocket(port);
  }

  private static final class Listener extends ServerSocket {
    private final Object accepting = new Object();
    private final ServerSocketChannel channel;

    Listener(ServerSocketChannel channel) throws IOException {
      this.channel = channel;
    }

    @Override
    public void bind(SocketAddress address) throws IOException {
      channel.bind(address);
    }

    @Override
    public void bind(SocketAddress address, int backlog) throws IOException {
      channel.bind(address, backlog);
    }

    /** Goes on after a failure, as when the process has no more files: gRPC would not. */
    @Override
    public Socket accept() throws IOException {
      synchronized (accepting) {
        while (true) {
          try {
            return new UnixSocket(channel.accept());
          } catch (IOException e) {
            if (!channel.isOpen() || !pauseAfter(e)) {
              throw e;
            }
          }
        }
      }
    }

    private static boolean pauseAfter(IOException e) {
      LOG.log(System.Logger.Level.WARNING, "no connection could be taken: {0}", e.getMessage());
      try {
        Thread.sleep(PAUSE_MILLIS);
        return true;
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
      try {
        return channel.getLocalAddress();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public boolean isClosed() {
      return !channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
      synchronized (accepting) {
        // The kernel goes on listening until accept has returned.
      }
    }
  }
}
