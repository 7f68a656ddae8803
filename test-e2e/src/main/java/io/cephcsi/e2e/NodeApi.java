package io.cephcsi.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** An HTTP server that answers as the API of a Kubernetes does that has one node and no more. */
final class NodeApi implements AutoCloseable {
  private final String node;
  private final Path kubeconfig;
  private final HttpServer server;

  NodeApi(String node, Path folder) throws IOException {
    this.node = node;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    String config =
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(server.getAddress().getPort());
    kubeconfig = Files.writeString(folder.resolve("kubeconfig"), config);
  }

  /** What leads a driver here. */
  Map<String, String> environment() {
    return Map.of("KUBERNETES_CONFIG_PATH", kubeconfig.toString());
  }

  private void answer(HttpExchange exchange) throws IOException {
    boolean known = exchange.getRequestURI().getPath().equals("/api/v1/nodes/" + node);
    String text =
        known
            ? "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"%s\"}}"
                .formatted(node)
            : "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":404,\"reason\":\"NotFound\"}";
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(known ? 200 : 404, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
