package io.cephcsi.liveness;

import csi.v1.IdentityGrpc;
import csi.v1.ProbeRequest;
import csi.v1.ProbeResponse;
import io.cephcsi.csi.Endpoint;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Asks a driver's Identity service whether it is ready, on a connection of its own each time: one
 * that was lost, or never made, is tried by gRPC less and less often, and a driver that is there
 * again would be found late.
 */
public final class DriverProbe implements AutoCloseable {
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Endpoint endpoint;
  private final Duration timeout;

  /**
   * @param endpoint the driver's; nobody need listen there yet
   * @param timeout how long the driver may take to answer
   */
  public DriverProbe(Endpoint endpoint, Duration timeout) {
    this.endpoint = endpoint;
    this.timeout = timeout;
  }

  /** Asks once; gives back why the driver does not work, or nothing when it does. */
  public Optional<String> trouble() {
    ManagedChannel channel = open();
    try {
      ProbeResponse answer =
          IdentityGrpc.newBlockingStub(channel)
              .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
              .probe(ProbeRequest.getDefaultInstance());
      // CSI takes an answer that says nothing for ready.
      return answer.hasReady() && !answer.getReady().getValue()
          ? Optional.of("it says that it is not ready")
          : Optional.empty();
    } catch (StatusRuntimeException e) {
      return Optional.of(why(e));
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel open() {
    return NettyChannelBuilder.forAddress(endpoint.address())
        .channelType(type())
        .eventLoopGroup(loop)
        .executor(Runnable::run)
        .overrideAuthority("localhost")
        .usePlaintext()
        .build();
  }

  private Class<? extends Channel> type() {
    return switch (endpoint) {
      case Endpoint.Unix _ -> NioDomainSocketChannel.class;
      case Endpoint.Tcp _ -> NioSocketChannel.class;
    };
  }

  private String why(StatusRuntimeException e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return switch (e.getStatus().getCode()) {
      case DEADLINE_EXCEEDED -> "no answer within %d ms".formatted(timeout.toMillis());
      case UNAVAILABLE -> "it cannot be reached: " + root.getMessage();
      default -> String.valueOf(e.getMessage());
    };
  }

  @Override
  public void close() {
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
