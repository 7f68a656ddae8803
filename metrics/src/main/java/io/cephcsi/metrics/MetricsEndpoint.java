package io.cephcsi.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Serves metrics over HTTP or HTTPS, on threads of its own: it answers whatever the rest of the
 * process waits for. Who asks too often is told so, by 429.
 */
public final class MetricsEndpoint implements AutoCloseable {
  /** As many as connections: slow clients must not keep kubelet from its answer. */
  private static final int THREADS = 64;

  private static final int IDLE_SECONDS = 10;
  private static final int BACKLOG = 16;
  private static final int NO_BODY = -1;
  private static final String HEALTH = "/healthz";

  private final HttpServer server;
  private final ExecutorService threads =
      new ThreadPoolExecutor(
          0,
          THREADS,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          Thread.ofPlatform().name("metrics-", 1).daemon().factory());
  private final MetricsHandler handler;
  private final ScrapeLimit limit = new ScrapeLimit(System::nanoTime);
  private final String path;

  private MetricsEndpoint(HttpServer server, MetricsAddress address, Metrics metrics) {
    this.server = server;
    this.path = address.path();
    this.handler = new MetricsHandler(metrics.registry());
  }

  /**
   * Listens and serves.
   *
   * @throws IOException when the address cannot be had, or a TLS file cannot be used; the message
   *     names it
   */
  public static MetricsEndpoint start(MetricsAddress address, Metrics metrics) throws IOException {
    boundClients();
    HttpServer server = open(address);
    var endpoint = new MetricsEndpoint(server, address, metrics);
    server.createContext(address.path(), endpoint::answer);
    server.setExecutor(endpoint.threads);
    server.start();
    return endpoint;
  }

  /**
   * The JDK's server takes these as properties alone: seconds for a request and for its answer, so
   * that a slow client does not keep a thread, and a bound for connections.
   */
  private static void boundClients() {
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxRspTime", "10");
    System.setProperty("jdk.httpserver.maxConnections", Integer.toString(THREADS));
  }

  private static HttpServer open(MetricsAddress address) throws IOException {
    var socket = new InetSocketAddress(address.host(), address.port());
    if (socket.isUnresolved()) {
      throw new IOException(
          "metrics address %s: unknown host; set POD_IP to an address of this machine"
              .formatted(address));
    }
    try {
      if (address.tls().isEmpty()) {
        return HttpServer.create(socket, BACKLOG);
      }
      var keys = ServerKeys.context(address.tls().get());
      HttpsServer server = HttpsServer.create(socket, BACKLOG);
      server.setHttpsConfigurator(new HttpsConfigurator(keys));
      return server;
    } catch (SocketException e) {
      throw new IOException(trouble(address, e), e);
    }
  }

  /** Why there is no such socket, and what to do. */
  static String trouble(MetricsAddress address, SocketException e) {
    String message = String.valueOf(e.getMessage());
    if (e instanceof BindException && message.contains("in use")) {
      return "metrics address %s is in use: choose another port, or end what has it (ss -ltnp names it)"
          .formatted(address);
    }
    if (message.contains("ermission denied")) {
      return "metrics address %s is not allowed: choose a port from 1024 on, or give the capability NET_BIND_SERVICE"
          .formatted(address);
    }
    return "metrics address %s cannot be had: %s; set POD_IP to one of this machine"
        .formatted(address, message);
  }

  private void answer(HttpExchange exchange) throws IOException {
    // A context takes all that begins with its path.
    if (!exchange.getRequestURI().getPath().equals(path)) {
      refuse(exchange, 404);
    } else if (!limit.allows()) {
      exchange.getResponseHeaders().set("Retry-After", "1");
      refuse(exchange, 429);
    } else {
      handler.handle(exchange);
    }
  }

  /**
   * Answers at {@code /healthz} too, as kubelet asks: by 200, or by 503 and the trouble. Not where
   * that is the path of the metrics.
   *
   * @param trouble what is wrong now; empty when all is well
   */
  public void serveHealth(Supplier<Optional<String>> trouble) {
    if (!path.equals(HEALTH)) {
      server.createContext(HEALTH, exchange -> answerHealth(exchange, trouble));
    }
  }

  private static void answerHealth(HttpExchange exchange, Supplier<Optional<String>> trouble)
      throws IOException {
    if (!exchange.getRequestURI().getPath().equals(HEALTH)) {
      refuse(exchange, 404);
      return;
    }
    Optional<String> found = trouble.get();
    byte[] body = (found.orElse("ok") + "\n").getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(found.isEmpty() ? 200 : 503, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static void refuse(HttpExchange exchange, int status) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(status, NO_BODY);
    }
  }

  /** The port that it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
