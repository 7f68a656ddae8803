package io.cephcsi.cmd;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** This node's object in Kubernetes. */
final class KubernetesNode {
  private static final int MILLIS = 5_000;

  private final String name;
  private final Map<String, String> environment;

  private KubernetesNode(String name, Map<String, String> environment) {
    this.name = name;
    this.environment = environment;
  }

  /** Empty where the environment tells of no Kubernetes. */
  static Optional<KubernetesNode> of(String name, Map<String, String> environment) {
    boolean there =
        environment.containsKey("KUBERNETES_SERVICE_HOST")
            || environment.containsKey("KUBERNETES_CONFIG_PATH");
    return there ? Optional.of(new KubernetesNode(name, environment)) : Optional.empty();
  }

  /**
   * Asks Kubernetes for its labels, by the pod's service account or, where the environment names
   * it, a kubeconfig file.
   *
   * @throws IOException naming what was asked, when there is no answer or no such node
   */
  Map<String, String> labels() throws IOException {
    try (KubernetesClient client = new KubernetesClientBuilder().withConfig(config()).build()) {
      Node node = client.nodes().withName(name).get();
      if (node == null) {
        throw new IOException(
            "Kubernetes has no node %s: --nodeid must be the node's name".formatted(name));
      }
      Map<String, String> labels = node.getMetadata().getLabels();
      return labels == null ? Map.of() : Map.copyOf(labels);
    } catch (KubernetesClientException e) {
      throw new IOException(
          "ask Kubernetes for the labels of node %s: %s; the service account needs to get nodes"
              .formatted(name, e.getMessage()),
          e);
    }
  }

  private Config config() throws IOException {
    String file = environment.getOrDefault("KUBERNETES_CONFIG_PATH", "");
    if (!file.isEmpty() && !Files.isReadable(Path.of(file))) {
      throw new IOException("KUBERNETES_CONFIG_PATH %s cannot be read".formatted(file));
    }
    Config config =
        file.isEmpty() ? Config.autoConfigure(null) : Config.fromKubeconfig(Path.of(file).toFile());
    return new ConfigBuilder(config)
        .withConnectionTimeout(MILLIS)
        .withRequestTimeout(MILLIS)
        .withRequestRetryBackoffLimit(1)
        .build();
  }
}
