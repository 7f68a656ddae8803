package io.cephcsi.e2e.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.e2e.Checkout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The plain manifests: what the charts render, under the names and selectors of ceph-csi's own
 * manifests, so that they can be applied over these.
 */
final class Manifests {
  /** Beside the manifests of a driver, what they are rendered with. */
  static final String VALUES = "values.yaml";

  private final Helm helm;

  Manifests(Helm helm) {
    this.helm = helm;
  }

  /** Each file below {@code deploy}, and its objects. */
  Map<Path, List<ObjectNode>> files() {
    Map<Path, List<ObjectNode>> files = new LinkedHashMap<>();
    for (Chart chart : Chart.values()) {
      for (ObjectNode object : render(chart)) {
        file(chart, object)
            .ifPresent(file -> files.computeIfAbsent(file, _ -> new ArrayList<>()).add(object));
      }
    }
    return files;
  }

  private List<ObjectNode> render(Chart chart) {
    List<ObjectNode> objects =
        helm.template(
            chart,
            chart.chartName(),
            "--namespace=default",
            "--values=" + Checkout.root().resolve(Path.of("deploy", chart.driver(), VALUES)));
    objects.forEach(object -> rename(chart, object));
    return objects;
  }

  /** Where an object goes; nowhere, if the file of the other driver has it already. */
  private static Optional<Path> file(Chart chart, ObjectNode object) {
    String driver = chart.driver();
    String name = object.at("/metadata/name").textValue();
    String file =
        switch (object.path("kind").textValue()) {
          case "DaemonSet" -> "csi-%splugin.yaml".formatted(driver);
          case "Deployment", "PodDisruptionBudget" ->
              "csi-%splugin-provisioner.yaml".formatted(driver);
          case "Service" ->
              name.contains("provisioner")
                  ? "csi-%splugin-provisioner.yaml".formatted(driver)
                  : "csi-%splugin.yaml".formatted(driver);
          case "CSIDriver" -> "csidriver.yaml";
          case "ConfigMap" -> "csi-config-map.yaml";
          default ->
              name.contains("nodeplugin")
                  ? "csi-nodeplugin-rbac.yaml"
                  : "csi-provisioner-rbac.yaml";
        };
    if (file.equals("csi-config-map.yaml")) {
      return chart == Chart.RBD ? Optional.of(Path.of(file)) : Optional.empty();
    }
    return Optional.of(Path.of(driver, "kubernetes", file));
  }

  private static void rename(Chart chart, ObjectNode object) {
    ObjectNode metadata = (ObjectNode) object.get("metadata");
    metadata.remove("annotations");
    metadata.remove("labels");
    String name = metadata.get("name").textValue();
    switch (object.path("kind").textValue()) {
      case "DaemonSet", "Deployment" -> {
        labelled(object, "/spec/selector/matchLabels", name);
        labelled(object, "/spec/template/metadata/labels", name);
        object
            .at("/spec/template/spec/affinity")
            .findParents("matchLabels")
            .forEach(selector -> labelled(selector, "/matchLabels", name));
      }
      case "PodDisruptionBudget" -> labelled(object, "/spec/selector/matchLabels", name);
      case "Service" -> {
        String pods = name.replace("-http-metrics", "");
        metadata.put("name", pods.endsWith("provisioner") ? pods : metricsOfNodes(chart));
        metadata.putObject("labels").put("app", "csi-metrics");
        labelled(object, "/spec/selector", pods);
      }
      case "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding" -> roles(chart, object);
      default -> {}
    }
  }

  private static String metricsOfNodes(Chart chart) {
    return "csi-metrics-%splugin".formatted(chart.driver());
  }

  private static void labelled(JsonNode object, String pointer, String app) {
    ((ObjectNode) object.at(pointer)).removeAll().put("app", app);
  }

  private static void roles(Chart chart, ObjectNode object) {
    boolean cluster = object.path("kind").textValue().startsWith("Cluster");
    String prefix = chart.driver();
    ObjectNode metadata = (ObjectNode) object.get("metadata");
    boolean node = !metadata.get("name").textValue().contains("provisioner");
    String role =
        node
            ? prefix + "-csi-nodeplugin"
            : prefix + (cluster ? "-external-provisioner-runner" : "-external-provisioner-cfg");
    String binding =
        node ? role : prefix + (cluster ? "-csi-provisioner-role" : "-csi-provisioner-role-cfg");
    if (object.get("roleRef") instanceof ObjectNode roleRef) {
      roleRef.put("name", role);
      metadata.put("name", binding);
    } else {
      metadata.put("name", role);
    }
  }
}
