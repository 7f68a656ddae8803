package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import csi.v1.GetPluginInfoRequest;
import csi.v1.GetPluginInfoResponse;
import csi.v1.IdentityGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server and its clients on real sockets. */
@Timeout(60)
class CsiServerTest {
  /** Nearly what gRPC takes in one message. */
  private static final int MUCH = 4_000_000;

  @TempDir Path directory;

  private static final class Names extends IdentityGrpc.IdentityImplBase {
    private final String name;

    Names(String name) {
      this.name = name;
    }

    @Override
    public void getPluginInfo(
        GetPluginInfoRequest request, StreamObserver<GetPluginInfoResponse> observer) {
      observer.onNext(GetPluginInfoResponse.newBuilder().setName(name).build());
      observer.onCompleted();
    }
  }

  private Endpoint.Unix socket() {
    return new Endpoint.Unix(directory.resolve("csi.sock"));
  }

  private static String nameAt(Endpoint endpoint) throws InterruptedException {
    ManagedChannel channel = CsiChannel.to(endpoint).build();
    try {
      return IdentityGrpc.newBlockingStub(channel)
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .getPluginInfo(GetPluginInfoRequest.getDefaultInstance())
          .getName();
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void start_againAtOnce_servesOnTheSameSocket() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (var _ = CsiServer.start(socket(), List.of(new Names("driver " + i)))) {
        assertThat(nameAt(socket())).isEqualTo("driver " + i);
      }
    }
  }

  @Test
  void start_whileAnotherServes_saysThatTheSocketIsInUse() throws Exception {
    try (var _ = CsiServer.start(socket(), List.of(new Names("first")))) {
      assertThatThrownBy(() -> CsiServer.start(socket(), List.of()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in use by a live process");
      assertThat(nameAt(socket())).isEqualTo("first");
    }
  }

  @Test
  void start_unixSocket_isForOwnerAndGroup() throws Exception {
    try (var _ = CsiServer.start(socket(), List.of())) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket().path())))
          .isEqualTo("rw-rw----");
    }
  }

  @Test
  void start_tcp_serves() throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    var endpoint = new Endpoint.Tcp("127.0.0.1", port);
    try (var _ = CsiServer.start(endpoint, List.of(new Names("by TCP")))) {
      assertThat(nameAt(endpoint)).isEqualTo("by TCP");
    }
  }

  @Test
  void answer_large_arrivesWhole() throws Exception {
    String large = "x".repeat(MUCH);
    try (var _ = CsiServer.start(socket(), List.of(new Names(large)))) {
      assertThat(nameAt(socket())).isEqualTo(large);
    }
  }

  @Test
  void clients_thatSayNothingOrNonsense_hinderNobody() throws Exception {
    try (var _ = CsiServer.start(socket(), List.of(new Names("served")));
        var silent = SocketChannel.open(StandardProtocolFamily.UNIX);
        var mad = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.connect(UnixDomainSocketAddress.of(socket().path()));
      mad.connect(UnixDomainSocketAddress.of(socket().path()));
      mad.write(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));

      assertThat(nameAt(socket())).isEqualTo("served");
    }
  }

  @Test
  void stop_endsAndRemovesTheSocket_thoughAClientIsConnected() throws Exception {
    CsiServer server = CsiServer.start(socket(), List.of(new Names("served")));
    ManagedChannel channel = CsiChannel.to(socket()).build();
    try {
      var identity = IdentityGrpc.newBlockingStub(channel);
      var _ = identity.getPluginInfo(GetPluginInfoRequest.getDefaultInstance());

      server.stop(Duration.ofSeconds(5));

      assertThat(socket().path()).doesNotExist();
      assertThatThrownBy(() -> identity.getPluginInfo(GetPluginInfoRequest.getDefaultInstance()))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    } finally {
      channel.shutdownNow();
    }
  }
}
