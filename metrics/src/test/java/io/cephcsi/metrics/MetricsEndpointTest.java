package io.cephcsi.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cephcsi.metrics.MetricsAddress.TlsFiles;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsEndpointTest {
  private static final String HOST = "127.0.0.1";
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  @TempDir Path folder;

  private final Metrics metrics = Metrics.ofDriver("rbd.csi.ceph.com");

  @Test
  void get_itsPath_isWhatThereIsToTell() throws Exception {
    metrics.show(Metric.STAGED, () -> Sample.only(3));
    metrics.show(Metric.MONITORS, () -> List.of(new Sample(List.of("a"), 5)));
    metrics.showProcess();
    try (var endpoint = MetricsEndpoint.start(plain(0), metrics)) {
      String text = get(endpoint, "/metrics").body();

      assertThat(text)
          .contains("cephcsi_volumes_staged{driver_name=\"rbd.csi.ceph.com\"} 3.0")
          .contains("cephcsi_cluster_monitors{cluster=\"a\",driver_name=\"rbd.csi.ceph.com\"} 5.0")
          .contains("process_start_time_seconds ")
          .contains("process_resident_memory_bytes ")
          .contains("jvm_memory_used_bytes{area=\"heap\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/metrics/", "/metricsx", "/metrics/x"})
  void get_otherPath_isNotFound(String path) throws Exception {
    try (var endpoint = MetricsEndpoint.start(plain(0), metrics)) {
      assertThat(get(endpoint, path).statusCode()).isEqualTo(404);
    }
  }

  @Test
  void get_oneValueFails_theOthersAreTold() throws Exception {
    metrics.show(Metric.STAGED, MetricsEndpointTest::broken);
    metrics.show(Metric.IN_FLIGHT, () -> Sample.only(1));
    metrics.show(
        Metric.MONITORS, () -> List.of(new Sample(List.of("a"), 1), new Sample(List.of("a"), 2)));
    try (var endpoint = MetricsEndpoint.start(plain(0), metrics)) {
      assertThat(get(endpoint, "/metrics").body())
          .contains("cephcsi_calls_in_flight")
          .contains("cluster=\"a\",driver_name=\"rbd.csi.ceph.com\"} 2.0")
          .doesNotContain("cephcsi_volumes_staged{");
    }
  }

  private static List<Sample> broken() {
    throw new IllegalStateException("a bug");
  }

  @Test
  void get_tooOften_isRefusedAndLaterNot() throws Exception {
    try (var endpoint = MetricsEndpoint.start(plain(0), metrics)) {
      int status = 200;
      for (int n = 0; n < 30 && status == 200; n++) {
        status = get(endpoint, "/metrics").statusCode();
      }

      assertThat(status).isEqualTo(429);
      Thread.sleep(1000);
      assertThat(get(endpoint, "/metrics").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void get_besideClientsThatSayNothing_isAnswered() throws Exception {
    try (var endpoint = MetricsEndpoint.start(plain(0), metrics);
        var silent = new Socket(LOOPBACK, endpoint.port());
        var alsoSilent = new Socket(LOOPBACK, endpoint.port())) {
      assertThat(silent.isConnected() && alsoSilent.isConnected()).isTrue();
      assertThat(get(endpoint, "/metrics").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void start_portInUse_namesIt() throws Exception {
    try (var taken = new ServerSocket(0, 1, LOOPBACK)) {
      assertThatThrownBy(() -> MetricsEndpoint.start(plain(taken.getLocalPort()), metrics))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(HOST + ":" + taken.getLocalPort())
          .hasMessageContaining("choose another port");
    }
  }

  @Test
  void start_addressOfAnotherMachine_namesIt() {
    var elsewhere = new MetricsAddress("192.0.2.1", 0, "/metrics", Optional.empty());

    assertThatThrownBy(() -> MetricsEndpoint.start(elsewhere, metrics))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("192.0.2.1")
        .hasMessageContaining("set POD_IP to one of this machine");
  }

  @Test
  void start_hostThatIsNone_namesIt() {
    var nowhere = new MetricsAddress("[::1", 0, "/metrics", Optional.empty());

    assertThatThrownBy(() -> MetricsEndpoint.start(nowhere, metrics))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("http://[::1:0/metrics")
        .hasMessageContaining("unknown host; set POD_IP to an address of this machine");
  }

  @Test
  void trouble_portOfRoot_namesAnotherOrTheCapability() {
    assertThat(MetricsEndpoint.trouble(plain(80), new BindException("Permission denied")))
        .contains(HOST + ":80")
        .contains("is not allowed: choose a port from 1024 on, or give the capability");
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC", "Ed25519"})
  void get_overTls_isEncryptedWithThatCertificate(String algorithm) throws Exception {
    var keys = TestKeys.make(folder, algorithm);
    try (var endpoint = MetricsEndpoint.start(tls(keys.write(folder)), metrics)) {
      assertThat(getTrusting(keys, endpoint)).isEqualTo(200);
    }
  }

  @Test
  void get_overTlsWithKeyOfPkcs1_isAnswered() throws Exception {
    var keys = TestKeys.make(folder, "RSA");
    TlsFiles files = keys.write(folder);
    Files.writeString(files.key(), keys.pkcs1());
    try (var endpoint = MetricsEndpoint.start(tls(files), metrics)) {
      assertThat(getTrusting(keys, endpoint)).isEqualTo(200);
    }
  }

  @Test
  void get_certificateRenewed_isServedWithTheNewOne() throws Exception {
    var old = TestKeys.make(folder, "EC");
    TlsFiles files = old.write(folder);
    try (var endpoint = MetricsEndpoint.start(tls(files), metrics)) {
      assertThat(getTrusting(old, endpoint)).isEqualTo(200);

      var renewed = TestKeys.make(folder, "EC");
      renewed.write(folder);
      Files.setLastModifiedTime(files.key(), FileTime.from(Instant.now().plusSeconds(5)));

      assertThat(getTrusting(renewed, endpoint)).isEqualTo(200);

      Files.writeString(files.key(), "half a file");

      assertThat(getTrusting(renewed, endpoint)).isEqualTo(200);
    }
  }

  @Test
  void start_keyOfAnotherCertificate_namesBoth() throws Exception {
    TlsFiles files = TestKeys.make(folder, "EC").write(folder);
    var other = TestKeys.make(folder, "EC");
    Files.writeString(files.key(), TestKeys.pem("PRIVATE KEY", other.key().getEncoded()));

    refused(files, "give two that belong together");
  }

  @Test
  void start_keyThatNoServerUses_namesThoseThatAre() throws Exception {
    refused(TestKeys.make(folder, "DSA").write(folder), "make both anew, of RSA, EC or Ed25519");
  }

  @Test
  void start_keyOfAnotherAlgorithm_namesIt() throws Exception {
    TlsFiles files = TestKeys.make(folder, "EC").write(folder);
    var other = TestKeys.make(folder, "RSA");
    Files.writeString(files.key(), TestKeys.pem("PRIVATE KEY", other.key().getEncoded()));

    refused(files, "tls.key is no private key for a certificate of EC");
  }

  @Test
  void start_filesMissingOrWrong_namesTheFile() throws Exception {
    TlsFiles files = TestKeys.make(folder, "EC").write(folder);

    refused(
        new TlsFiles(folder.resolve("no.crt"), files.key()),
        "mount its Secret, or correct --metrics-tls-cert");
    refused(new TlsFiles(files.certificate(), folder.resolve("no.key")), "no.key is missing");
    refused(new TlsFiles(files.certificate(), files.certificate()), "has no private key");
    refused(new TlsFiles(files.key(), files.key()), "cannot be read as one: give it in PEM form");
    refused(
        new TlsFiles(folder, files.key()), "cannot be read: give a file that the driver may read");
    Files.writeString(files.key(), TestKeys.pem("EC PRIVATE KEY", new byte[100]));
    refused(files, "openssl pkcs8 -topk8");
    Files.writeString(files.key(), TestKeys.pem("PRIVATE KEY", new byte[100]));
    refused(files, "tls.key");
    Files.writeString(files.certificate(), "");
    refused(files, "has no certificate: give one in PEM form");
  }

  private void refused(TlsFiles files, String message) {
    assertThatThrownBy(() -> MetricsEndpoint.start(tls(files), metrics))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(message);
  }

  private static MetricsAddress plain(int port) {
    return new MetricsAddress(HOST, port, "/metrics", Optional.empty());
  }

  private static MetricsAddress tls(TlsFiles files) {
    return new MetricsAddress(HOST, 0, "/metrics", Optional.of(files));
  }

  private static HttpResponse<String> get(MetricsEndpoint endpoint, String path) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://" + HOST + ":" + endpoint.port() + path))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** The status, for a client that trusts this certificate alone. */
  private static int getTrusting(TestKeys keys, MetricsEndpoint endpoint) throws Exception {
    var uri = URI.create("https://" + HOST + ":" + endpoint.port() + "/metrics");
    try (var client = HttpClient.newBuilder().sslContext(trusting(keys.certificate())).build()) {
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  private static SSLContext trusting(X509Certificate certificate) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("c", certificate);
    var trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
