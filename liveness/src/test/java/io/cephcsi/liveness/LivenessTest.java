package io.cephcsi.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BoolValue;
import csi.v1.IdentityGrpc;
import csi.v1.ProbeRequest;
import csi.v1.ProbeResponse;
import io.cephcsi.csi.CsiServer;
import io.cephcsi.csi.Endpoint;
import io.cephcsi.metrics.Metrics;
import io.cephcsi.metrics.MetricsAddress;
import io.cephcsi.metrics.MetricsEndpoint;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LivenessTest {
  /** The first call of a JVM takes its time. */
  private static final Duration LONG = Duration.ofSeconds(20);

  private static final Duration SHORT = Duration.ofSeconds(1);
  private static final DriverProbe.Answer FINE = new DriverProbe.Answer("", true);

  private final Path folder;
  private final Endpoint endpoint;
  private final DriverProbe probe;

  LivenessTest(@TempDir Path folder) {
    this.folder = folder;
    this.endpoint = Endpoint.of("unix://" + folder.resolve("csi.sock"));
    this.probe = new DriverProbe(endpoint, LONG);
  }

  @Test
  void trouble_driverAnswers_isNone() throws Exception {
    try (var _ = serve(new Answering(() -> ready(true)))) {
      assertThat(probe.ask().trouble()).isEmpty();
    }
  }

  @Test
  void trouble_answerWithoutReady_isNone() throws Exception {
    try (var _ = serve(new Answering(ProbeResponse::getDefaultInstance))) {
      assertThat(probe.ask().trouble()).isEmpty();
    }
  }

  @Test
  void trouble_driverIsNotReady_saysSo() throws Exception {
    try (var _ = serve(new Answering(() -> ready(false)))) {
      assertThat(probe.ask().trouble()).contains("not ready");
      assertThat(probe.ask().answered()).isTrue();
    }
  }

  @Test
  void trouble_socketIsMissingAndAppears_isGoneAtTheNextQuestion() throws Exception {
    for (int n = 0; n < 5; n++) {
      assertThat(probe.ask().trouble()).contains("cannot be reached");
    }

    try (var _ = serve(new Answering(() -> ready(true)))) {
      assertThat(probe.ask().trouble()).isEmpty();
    }
  }

  @Test
  void trouble_driverStartsAnew_isGoneAtTheNextQuestion() throws Exception {
    try (var server = serve(new Answering(() -> ready(true)))) {
      assertThat(probe.ask().trouble()).isEmpty();
      server.stop(Duration.ofSeconds(1));
    }
    assertThat(probe.ask().answered()).isFalse();

    try (var _ = serve(new Answering(() -> ready(true)))) {
      assertThat(probe.ask().trouble()).isEmpty();
    }
  }

  @Test
  void trouble_driverHangs_isToldWithinTheTimeout() throws Exception {
    try (var _ = serve(new Hanging())) {
      assertToldInTime();
    }
  }

  @Test
  void trouble_nothingAnswersOnTheSocket_isToldWithinTheTimeout() throws Exception {
    try (var silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(folder.resolve("csi.sock")));

      assertToldInTime();
    }
  }

  private void assertToldInTime() {
    var hurried = new DriverProbe(endpoint, SHORT);
    long began = System.nanoTime();

    assertThat(hurried.ask().trouble()).contains("no answer within 1000 ms");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void gauge_followsTheDriver_andScrapesGoOnWhileItHangs() throws Exception {
    var metrics = Metrics.plain();
    var hurried = new DriverProbe(endpoint, SHORT);
    try (var _ = new Liveness(hurried::ask, Duration.ofMillis(20), metrics);
        var page = MetricsEndpoint.start(address(), metrics)) {
      await(() -> scrape(page).contains("\ncsi_liveness 0.0"));
      try (var _ = serve(new Answering(() -> ready(true)))) {
        await(() -> scrape(page).contains("\ncsi_liveness 1.0"));
      }
      try (var _ = serve(new Hanging())) {
        await(() -> scrape(page).contains("\ncsi_liveness 0.0"));
      }
    }
  }

  @Test
  void gauge_isThereAtOnce_notOnlyAfterTheInterval() throws Exception {
    var metrics = Metrics.plain();
    var asked = new AtomicInteger();
    Supplier<DriverProbe.Answer> fine = () -> count(asked);
    try (var _ = new Liveness(fine, Duration.ofHours(1), metrics);
        var page = MetricsEndpoint.start(address(), metrics)) {
      await(() -> scrape(page).contains("\ncsi_liveness 1.0"));
      assertThat(asked).hasValue(1);
    }
  }

  @Test
  void health_isAskedForEachTime_notOnlyAfterTheInterval() throws Exception {
    var found = new AtomicReference<>(FINE);
    try (var liveness = new Liveness(found::get, Duration.ofHours(1), Metrics.plain());
        var page = MetricsEndpoint.start(address(), Metrics.plain())) {
      page.serveHealth(liveness::silence);
      await(() -> get(page, "/healthz").statusCode() == 200);

      found.set(new DriverProbe.Answer("it sleeps", false));
      assertThat(get(page, "/healthz"))
          .returns(503, HttpResponse::statusCode)
          .returns("it sleeps\n", HttpResponse::body);

      found.set(new DriverProbe.Answer("config.json is broken", true));
      assertThat(get(page, "/healthz"))
          .as("no readier started anew")
          .returns(200, HttpResponse::statusCode);

      found.set(FINE);
      assertThat(get(page, "/healthz").statusCode()).isEqualTo(200);
      assertThat(get(page, "/healthz/more").statusCode()).isEqualTo(404);
    }
  }

  /** As a node without room for one more thread fails. */
  @Test
  void gauge_askingFailsByAnError_isAskedAgain() throws Exception {
    var metrics = Metrics.plain();
    var asked = new AtomicInteger();
    Supplier<DriverProbe.Answer> failing =
        () -> {
          if (asked.incrementAndGet() == 1) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          return FINE;
        };
    try (var _ = new Liveness(failing, Duration.ofMillis(20), metrics);
        var page = MetricsEndpoint.start(address(), metrics)) {
      await(() -> scrape(page).contains("\ncsi_liveness 1.0"));
    }
  }

  @Test
  void health_driverHangs_onlyOneWaitsForIt() throws Exception {
    var hanging = new CountDownLatch(1);
    var asked = new AtomicInteger();
    Supplier<DriverProbe.Answer> never =
        () -> {
          asked.incrementAndGet();
          hold(hanging);
          return FINE;
        };
    try (var liveness = new Liveness(never, Duration.ofHours(1), Metrics.plain())) {
      await(() -> asked.get() == 1);

      assertThat(liveness.silence()).hasValue("not asked yet");
      assertThat(asked).hasValue(1);
    } finally {
      hanging.countDown();
    }
  }

  private static void hold(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static DriverProbe.Answer count(AtomicInteger asked) {
    asked.incrementAndGet();
    return FINE;
  }

  private static MetricsAddress address() {
    return new MetricsAddress("127.0.0.1", 0, "/metrics", Optional.empty());
  }

  private static String scrape(MetricsEndpoint page) {
    return get(page, "/metrics").body();
  }

  private static HttpResponse<String> get(MetricsEndpoint page, String path) {
    var uri = URI.create("http://127.0.0.1:" + page.port() + path);
    try (var client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(Supplier<Boolean> condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.get()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(300); // more often is refused
    }
  }

  private CsiServer serve(IdentityGrpc.IdentityImplBase service) throws IOException {
    return CsiServer.start(endpoint, List.of(service));
  }

  private static ProbeResponse ready(boolean ready) {
    return ProbeResponse.newBuilder().setReady(BoolValue.of(ready)).build();
  }

  private static final class Answering extends IdentityGrpc.IdentityImplBase {
    private final Supplier<ProbeResponse> answer;

    Answering(Supplier<ProbeResponse> answer) {
      this.answer = answer;
    }

    @Override
    public void probe(ProbeRequest request, StreamObserver<ProbeResponse> observer) {
      observer.onNext(answer.get());
      observer.onCompleted();
    }
  }

  private static final class Hanging extends IdentityGrpc.IdentityImplBase {
    @Override
    public void probe(ProbeRequest request, StreamObserver<ProbeResponse> observer) {}
  }
}
