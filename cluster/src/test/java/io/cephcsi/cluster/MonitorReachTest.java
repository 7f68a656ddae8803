package io.cephcsi.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MonitorReachTest {
  private static final Duration PATIENCE = Duration.ofMillis(300);

  @Test
  void of_oneGreetsOneIsSilentOneIsNotThere_countsTheFirst() throws Exception {
    int nobody = closedPort();
    try (var greeting = listen();
        var silent = listen()) {
      greet(greeting, "ceph v027 and so on");

      MonitorReach reach =
          reach("127.0.0.1:" + port(greeting), "127.0.0.1:" + port(silent), "127.0.0.1:" + nobody);

      assertThat(reach).isEqualTo(new MonitorReach("one", 3, 1));
    }
  }

  private static int closedPort() throws IOException {
    try (var server = listen()) {
      return port(server);
    }
  }

  @Test
  void of_bothProtocolsOfOneMonitor_isOne() throws Exception {
    try (var second = listen();
        var first = listen()) {
      greet(second, "ceph v2\n");
      greet(first, "ceph v027");

      assertThat(
              reach("[v2:127.0.0.1:%d/0,v1:127.0.0.1:%d/0]".formatted(port(second), port(first))))
          .isEqualTo(new MonitorReach("one", 1, 1));
    }
  }

  @Test
  void of_anotherServer_isNoMonitor() throws Exception {
    try (var other = listen()) {
      greet(other, "SSH-2.0-OpenSSH");

      assertThat(reach("127.0.0.1:" + port(other)).reached()).isZero();
    }
  }

  @Test
  void of_unknownName_isNotReached() {
    assertThat(reach("no-such-host.invalid").reached()).isZero();
  }

  private static MonitorReach reach(String... monitors) {
    return MonitorReach.of(
        new ClusterConfig(
            "one",
            List.of(monitors),
            new ClusterConfig.Rbd("", 1, ""),
            new ClusterConfig.CephFs("csi", "csi", "", "", ""),
            new ClusterConfig.ReadAffinity(ClusterConfig.ReadAffinity.Wish.OFF, List.of())),
        PATIENCE);
  }

  private static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
  }

  private static int port(ServerSocket server) {
    return server.getLocalPort();
  }

  private static void greet(ServerSocket server, String banner) {
    Thread.ofPlatform().daemon().start(() -> greetOne(server, banner));
  }

  private static void greetOne(ServerSocket server, String banner) {
    try (Socket client = server.accept()) {
      client.getOutputStream().write(banner.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      // the test is over
    }
  }
}
