package io.cephcsi.csi;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketImpl;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/**
 * A connected unix domain socket, for a library that knows {@link Socket} only. TCP's options do
 * nothing, and nothing limits the time of a read: closing the socket from another thread ends it.
 */
final class UnixSocket extends Socket {
  /** A client has no address, and the library wants one. */
  private static final SocketAddress NOBODY = InetSocketAddress.createUnresolved("unix", 0);

  private final SocketChannel channel;

  /**
   * @param channel connected; this socket closes it
   */
  UnixSocket(SocketChannel channel) throws IOException {
    super((SocketImpl) null);
    this.channel = channel;
  }

  @Override
  public InputStream getInputStream() {
    return Channels.newInputStream(channel);
  }

  @Override
  public OutputStream getOutputStream() {
    return Channels.newOutputStream(channel);
  }

  @Override
  public SocketAddress getLocalSocketAddress() {
    return NOBODY;
  }

  @Override
  public SocketAddress getRemoteSocketAddress() {
    return NOBODY;
  }

  @Override
  public void setTcpNoDelay(boolean on) {}

  @Override
  public void setKeepAlive(boolean on) {}

  @Override
  public void setSoTimeout(int millis) {}

  @Override
  public int getSoTimeout() {
    return 0;
  }

  @Override
  public boolean isConnected() {
    return channel.isConnected();
  }

  @Override
  public boolean isClosed() {
    return !channel.isOpen();
  }

  @Override
  public void shutdownInput() throws IOException {
    channel.shutdownInput();
  }

  @Override
  public void shutdownOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  @Override
  public String toString() {
    return "unix domain socket";
  }
}
