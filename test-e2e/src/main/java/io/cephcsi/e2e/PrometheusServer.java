package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A real Prometheus on loopback, with its data in a temporary folder. Its program is what the
 * environment's PROMETHEUS names, as {@code ./dev} sets it. Ends with {@link #close} or with this
 * JVM.
 */
public final class PrometheusServer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(30);
  private static final JsonMapper JSON = new JsonMapper();

  private final Path folder;
  private final int port;
  private final Process process;
  private final AtExit atExit;
  private final HttpClient client = HttpClient.newHttpClient();

  /**
   * What is scraped.
   *
   * @param address {@code 127.0.0.1:8080}
   * @param labels what the job adds to each series, as the Prometheus operator adds {@code pod}
   */
  public record Target(String job, String address, Map<String, String> labels) {
    public Target {
      labels = Map.copyOf(labels);
    }
  }

  private PrometheusServer(Path folder, int port, Process process) {
    this.folder = folder;
    this.port = port;
    this.process = process;
    this.atExit = new AtExit(this::end);
  }

  /**
   * Starts a server that scrapes every second, and waits until it is ready.
   *
   * @param targets jobs' names and what they scrape, {@code 127.0.0.1:8080}
   */
  @MustBeClosed
  public static PrometheusServer start(Map<String, String> targets)
      throws IOException, InterruptedException {
    return start(
        targets.entrySet().stream()
            .map(target -> new Target(target.getKey(), target.getValue(), Map.of()))
            .toList());
  }

  /** As the other one, with labels for the targets. */
  @MustBeClosed
  public static PrometheusServer start(List<Target> targets)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("prometheus-");
    Path config = Files.writeString(folder.resolve("prometheus.yml"), configuration(targets));
    int port = freePort();
    Process process =
        new ProcessBuilder(
                program().toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    var server = new PrometheusServer(folder, port, process);
    try {
      server.awaitReady();
      return server;
    } catch (IOException | InterruptedException e) {
      server.close();
      throw e;
    }
  }

  private static String configuration(List<Target> targets) throws IOException {
    var text = new StringBuilder("global: {scrape_interval: 1s, scrape_timeout: 1s}\n");
    text.append("scrape_configs:\n");
    for (Target target : targets) {
      text.append(
          "- {job_name: %s, static_configs: [{targets: ['%s'], labels: %s}]}\n"
              .formatted(target.job(), target.address(), JSON.writeValueAsString(target.labels())));
    }
    return text.toString();
  }

  /** The server's program; promtool lies beside it. */
  static Path program() {
    String named = System.getenv("PROMETHEUS");
    Path program =
        named == null
            ? Checkout.root().resolve(".cache/prometheus/usr/bin/prometheus")
            : Path.of(named);
    if (!Files.isExecutable(program)) {
      throw new IllegalStateException(
          "no prometheus: run the tests by ./dev, or set PROMETHEUS to its program");
    }
    return program;
  }

  /** A port of loopback that nobody has just now. */
  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady() throws IOException, InterruptedException {
    long end = System.nanoTime() + START.toNanos();
    while (!ready()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IOException("prometheus:\n" + Files.readString(folder.resolve("log")));
      }
      Thread.sleep(50);
    }
  }

  private boolean ready() throws InterruptedException {
    try {
      return get("/-/ready").statusCode() == 200;
    } catch (IOException e) {
      return false; // it does not listen yet
    }
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    var uri = URI.create("http://127.0.0.1:" + port + path);
    return client.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /**
   * What a query gives now: an array of series, each with {@code metric} and {@code value}.
   *
   * @throws IOException when Prometheus refuses the query, and says why
   */
  public JsonNode query(String promql) throws IOException, InterruptedException {
    return result(promql, "query?query=" + encoded(promql));
  }

  /**
   * What a query gave from then until now, second by second: an array of series, each with {@code
   * metric} and {@code values}.
   */
  public JsonNode history(String promql, Instant from) throws IOException, InterruptedException {
    return result(
        promql,
        "query_range?step=1&start=%d&end=%d&query=%s"
            .formatted(from.getEpochSecond(), Instant.now().getEpochSecond(), encoded(promql)));
  }

  private static String encoded(String promql) {
    return URLEncoder.encode(promql, StandardCharsets.UTF_8);
  }

  private JsonNode result(String promql, String question) throws IOException, InterruptedException {
    JsonNode answer = JSON.readTree(get("/api/v1/" + question).body());
    if (!answer.path("status").asText().equals("success")) {
      throw new IOException("query " + promql + ": " + answer);
    }
    return answer.path("data").path("result");
  }

  /** The value of a query that gives one series; NaN when it gives none. */
  public double value(String promql) throws IOException, InterruptedException {
    JsonNode series = query(promql);
    return series.isEmpty() ? Double.NaN : series.get(0).path("value").path(1).asDouble();
  }

  @Override
  public void close() {
    end();
    atExit.close();
  }

  private void end() {
    client.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        var _ = process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("remove " + folder, e);
    }
  }
}
