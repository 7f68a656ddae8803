package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.ControllerGrpc;
import csi.v1.ControllerGrpc.ControllerBlockingStub;
import csi.v1.GroupControllerGrpc;
import csi.v1.GroupControllerGrpc.GroupControllerBlockingStub;
import csi.v1.IdentityGrpc;
import csi.v1.IdentityGrpc.IdentityBlockingStub;
import csi.v1.NodeGrpc;
import csi.v1.NodeGrpc.NodeBlockingStub;
import csi.v1.SnapshotMetadataGrpc;
import csi.v1.SnapshotMetadataGrpc.SnapshotMetadataBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A CSI client on a driver's unix socket. A stub is for one call: its deadline runs from when it
 * was asked for. Usable from several threads.
 */
public final class CsiClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  // A logger that nobody holds is collected, and its level with it.
  private static final Logger NETTY_OPTIONS = Logger.getLogger("io.netty.bootstrap");

  static {
    NETTY_OPTIONS.setLevel(Level.SEVERE); // warns that a unix socket has no SO_KEEPALIVE
  }

  private final EventLoopGroup loop;
  private final ManagedChannel channel;

  /** Connects at the first call. */
  @MustBeClosed
  public CsiClient(Path socket) {
    loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(loop)
            .overrideAuthority("localhost")
            .maxInboundMessageSize(64 << 20)
            .usePlaintext()
            .build();
  }

  public IdentityBlockingStub identity() {
    return IdentityGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  public ControllerBlockingStub controller() {
    return ControllerGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  public GroupControllerBlockingStub groupController() {
    return GroupControllerGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  public SnapshotMetadataBlockingStub snapshotMetadata() {
    return SnapshotMetadataGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  public NodeBlockingStub node() {
    return NodeGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var _ = loop.shutdownGracefully();
  }
}
