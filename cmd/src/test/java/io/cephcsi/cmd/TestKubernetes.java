package io.cephcsi.cmd;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP server that answers as the API of Kubernetes does, for the objects that it is given. */
final class TestKubernetes implements AutoCloseable {
  private static final String MISSING =
      """
      {"kind":"Status","apiVersion":"v1","code":404,"reason":"NotFound"}
      """;

  private final Map<String, String> objects = new ConcurrentHashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final Set<InetSocketAddress> connections = ConcurrentHashMap.newKeySet();
  private final HttpServer server;
  private final Path folder;

  TestKubernetes(Path folder) throws IOException {
    this.folder = folder;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  TestKubernetes with(String path, String json) {
    objects.put(path, json);
    return this;
  }

  /** From now on there is no answer that means anything. */
  void fail() {
    objects.clear();
  }

  /** How many connections clients have made. */
  int connections() {
    return connections.size();
  }

  /** What a driver would have in its environment. */
  Map<String, String> environment() throws IOException {
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
    Path file = Files.writeString(folder.resolve("kubeconfig"), config);
    return Map.of("KUBERNETES_CONFIG_PATH", file.toString());
  }

  /** The paths that were asked for. */
  List<String> asked() {
    return List.copyOf(asked);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(path);
    connections.add(exchange.getRemoteAddress());
    byte[] body = objects.getOrDefault(path, MISSING).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(objects.containsKey(path) ? 200 : 404, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
