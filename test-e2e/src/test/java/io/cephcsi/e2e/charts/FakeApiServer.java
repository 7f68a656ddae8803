package io.cephcsi.e2e.charts;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.MustBeClosed;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * As much of a Kubernetes API server as Helm's {@code lookup} asks: what there is of ConfigMaps,
 * Secrets, StorageClasses and VolumeSnapshotClasses. All else is not found; nothing can be written.
 */
final class FakeApiServer implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String CORE = "/api/v1";
  private static final String STORAGE = "storage.k8s.io/v1";
  private static final String SNAPSHOTS = "snapshot.storage.k8s.io/v1";

  private final HttpServer server;
  private final Map<String, Object> answers = new TreeMap<>();

  private FakeApiServer(HttpServer server) {
    this.server = server;
    answers.put("/version", Map.of("major", "1", "minor", "34", "gitVersion", "v1.34.0"));
    answers.put("/api", Map.of("kind", "APIVersions", "versions", List.of("v1")));
    answers.put("/apis", groups(STORAGE));
    answers.put(CORE, resources("v1", "ConfigMap", "configmaps", true));
    storageClasses(List.of());
  }

  @MustBeClosed
  static FakeApiServer start() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var api = new FakeApiServer(server);
    server.createContext("/", api::answer);
    server.start();
    return api;
  }

  /** What makes Helm ask this server. */
  String[] arguments() {
    return new String[] {
      "--dry-run=server", "--kube-apiserver=http://127.0.0.1:" + server.getAddress().getPort()
    };
  }

  /** There is a ConfigMap that a release owns, or nobody. */
  void configMap(String namespace, String name, String release, Map<String, String> data) {
    Map<String, String> annotations =
        release.isEmpty() ? Map.of() : Map.of("meta.helm.sh/release-name", release);
    answers.put(
        "%s/namespaces/%s/configmaps/%s".formatted(CORE, namespace, name),
        Map.of(
            "apiVersion",
            "v1",
            "kind",
            "ConfigMap",
            "metadata",
            Map.of("name", name, "namespace", namespace, "annotations", annotations),
            "data",
            data));
  }

  /** There are these StorageClasses. */
  void storageClasses(List<Map<String, Object>> classes) {
    classes(STORAGE, "StorageClass", "storageclasses", classes);
  }

  /** The snapshots' CRDs are installed, and there are these VolumeSnapshotClasses. */
  void snapshotClasses(List<Map<String, Object>> classes) {
    answers.put("/apis", groups(STORAGE, SNAPSHOTS));
    classes(SNAPSHOTS, "VolumeSnapshotClass", "volumesnapshotclasses", classes);
  }

  private void classes(
      String version, String kind, String resource, List<Map<String, Object>> classes) {
    String path = "/apis/" + version;
    answers.put(path, resources(version, kind, resource, false));
    answers.put(
        path + "/" + resource,
        Map.of("apiVersion", version, "kind", kind + "List", "items", classes));
    for (Map<String, Object> one : classes) {
      String name = JSON.valueToTree(one).at("/metadata/name").asText();
      answers.put("%s/%s/%s".formatted(path, resource, name), one);
    }
  }

  private static Map<String, Object> groups(String... versions) {
    return Map.of(
        "kind", "APIGroupList", "groups", Stream.of(versions).map(v -> group(v)).toList());
  }

  private static Map<String, Object> group(String groupVersion) {
    int slash = groupVersion.indexOf('/');
    Map<String, String> version =
        Map.of("groupVersion", groupVersion, "version", groupVersion.substring(slash + 1));
    return Map.of(
        "name",
        groupVersion.substring(0, slash),
        "versions",
        List.of(version),
        "preferredVersion",
        version);
  }

  private static Map<String, Object> resources(
      String version, String kind, String name, boolean namespaced) {
    return Map.of(
        "kind",
        "APIResourceList",
        "groupVersion",
        version,
        "resources",
        List.of(
            Map.of(
                "name",
                name,
                "kind",
                kind,
                "namespaced",
                namespaced,
                "verbs",
                List.of("get", "list"))));
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Object found =
          exchange.getRequestMethod().equals("GET")
              ? answers.get(exchange.getRequestURI().getPath())
              : null;
      byte[] body = JSON.writeValueAsBytes(found == null ? notFound() : found);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(found == null ? 404 : 200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private static Map<String, Object> notFound() {
    return Map.of(
        "apiVersion",
        "v1",
        "kind",
        "Status",
        "status",
        "Failure",
        "reason",
        "NotFound",
        "code",
        404);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
