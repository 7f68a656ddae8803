package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.cephcsi.cluster.ClusterConfigs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kubernetes here is an HTTP server that answers as its API does for one node. */
class NodePlaceTest {
  private static final String NODE =
      """
      {"kind":"Node","apiVersion":"v1","metadata":{"name":"n1","labels":{
        "topology.kubernetes.io/region":"east","topology.kubernetes.io/zone":"east.1"}}}
      """;

  @TempDir Path folder;
  private final List<String> asked = new ArrayList<>();
  private HttpServer kubernetes;
  private final Flags flags = new Flags();

  @BeforeEach
  void start() throws IOException {
    kubernetes = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    kubernetes.createContext("/", this::answer);
    kubernetes.start();
    flags.type = "rbd";
    flags.nodeId = "n1";
    flags.nodeServer = true;
  }

  @AfterEach
  void stop() {
    kubernetes.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(path);
    boolean known = path.equals("/api/v1/nodes/n1");
    String text =
        known
            ? NODE
            : "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":404,\"reason\":\"NotFound\"}";
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(known ? 200 : 404, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private Map<String, String> environment() throws IOException {
    String config =
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
            .formatted(kubernetes.getAddress().getPort());
    Path file = Files.writeString(folder.resolve("kubeconfig"), config);
    return Map.of("KUBERNETES_CONFIG_PATH", file.toString());
  }

  @Test
  void of_domainLabels_areReadFromTheNodesObject() throws Exception {
    flags.domainLabels = "topology.kubernetes.io/region,topology.kubernetes.io/zone";

    assertThat(NodePlace.of(flags, environment()).segments())
        .containsOnly(
            Map.entry("topology.rbd.csi.ceph.com/region", "east"),
            Map.entry("topology.rbd.csi.ceph.com/zone", "east.1"));
  }

  @Test
  void of_labelThatTheNodeHasNot_isNamed() throws Exception {
    flags.domainLabels = "rack";
    var environment = environment();

    assertThatThrownBy(() -> NodePlace.of(flags, environment))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no label rack");
  }

  @Test
  void of_nodeThatKubernetesDoesNotKnow_isNamed() throws Exception {
    flags.domainLabels = "zone";
    flags.nodeId = "n2";
    var environment = environment();

    assertThatThrownBy(() -> NodePlace.of(flags, environment))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no node n2")
        .hasMessageContaining("--nodeid");
  }

  @Test
  void of_kubernetesDoesNotAnswer_isTold() throws Exception {
    flags.domainLabels = "zone";
    var environment = environment();
    kubernetes.stop(0);

    assertThatThrownBy(() -> NodePlace.of(flags, environment))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("labels of node n1");
  }

  @Test
  void of_topologyFlag_takesThePlaceOfKubernetes() throws Exception {
    flags.topology = "x/region=r1,zone=z2";
    flags.domainLabels = "zone";

    assertThat(NodePlace.of(flags, environment()).segments())
        .containsOnly(Map.entry("topology.rbd.csi.ceph.com/zone", "z2"));
    assertThat(asked).isEmpty();
  }

  @Test
  void of_noLabelsWanted_asksNobody() throws Exception {
    assertThat(NodePlace.of(flags, environment()).segments()).isEmpty();
    assertThat(asked).isEmpty();
  }

  @Test
  void crushLocation_isReadFromTheNodesObjectWhenItIsNeeded() throws Exception {
    flags.enableReadAffinity = true;
    flags.crushLocationLabels = "topology.kubernetes.io/zone";
    Path config = folder.resolve("config.json");
    Files.writeString(config, "[{\"clusterID\":\"c\",\"monitors\":[\"m\"]}]");
    var cluster = new ClusterConfigs(config).find("c").orElseThrow();
    NodePlace place = NodePlace.of(flags, environment());
    assertThat(asked).isEmpty();

    assertThat(place.crushLocation().options(cluster))
        .containsExactly("read_from_replica=localize", "crush_location=zone:east-1");

    kubernetes.stop(0);
    assertThat(place.crushLocation().options(cluster)).isEmpty();
  }

  @Test
  void twice_sameNameBehindTheSlash_isFound() {
    assertThat(NodePlace.twice("a/zone, b/zone,region")).containsExactly("b/zone");
    assertThat(NodePlace.twice("")).isEmpty();
  }
}
