package io.cephcsi.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
  @TempDir Path directory;

  @Test
  void of_unixAndTcp_areRead() {
    assertThat(Endpoint.of("unix:///csi/csi.sock"))
        .isEqualTo(new Endpoint.Unix(Path.of("/csi/csi.sock")));
    assertThat(Endpoint.of("unix://csi/csi.sock"))
        .isEqualTo(new Endpoint.Unix(Path.of("/csi/csi.sock")));
    assertThat(Endpoint.of("tcp://127.0.0.1:10000"))
        .isEqualTo(new Endpoint.Tcp("127.0.0.1", 10000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/csi.sock",
        "http://x:1",
        "tcp://127.0.0.1",
        "tcp://:1",
        "tcp://[::1:1",
        "tcp://a b:1"
      })
  void of_anythingElse_isRefusedWithItsValue(String text) {
    assertThatThrownBy(() -> Endpoint.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "endpoint %s is neither unix:///path/to.sock nor tcp://host:port: give one of the two"
                .formatted(text));
  }

  @Test
  void of_pathTooLong_saysSo() {
    assertThatThrownBy(() -> Endpoint.of("unix:///" + "x".repeat(107)))
        .hasMessageContaining("107 bytes");
  }

  @Test
  void start_staleSocket_isReplaced() throws Exception {
    var endpoint = new Endpoint.Unix(directory.resolve("a.sock"));
    try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      left.bind(endpoint.address()); // closing does not remove the file
    }

    try (var server = CsiServer.start(endpoint, List.of())) {
      assertThat(server).isNotNull();
    }
  }

  @Test
  void start_socketInUse_namesItAndLeavesIt() throws Exception {
    var endpoint = new Endpoint.Unix(directory.resolve("a.sock"));
    try (var live = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      live.bind(endpoint.address());

      assertThatThrownBy(() -> CsiServer.start(endpoint, List.of()).close())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("a.sock")
          .hasMessageContaining("live process");
      assertThat(endpoint.path()).exists();
    }
  }

  @Test
  void start_aFileIsThere_isNotRemoved() throws Exception {
    var endpoint = new Endpoint.Unix(Files.writeString(directory.resolve("a.sock"), "mine"));

    assertThatThrownBy(() -> CsiServer.start(endpoint, List.of()).close())
        .hasMessageContaining("there is a file that is no socket; remove it or take another path");
    assertThat(endpoint.path()).hasContent("mine");
  }
}
