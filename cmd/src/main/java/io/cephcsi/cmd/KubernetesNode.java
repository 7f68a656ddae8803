package io.cephcsi.cmd;

import io.fabric8.kubernetes.api.model.Node;
import java.io.IOException;
import java.util.Map;

/**
 * This node's object in Kubernetes.
 *
 * @param name as Kubernetes has it
 */
record KubernetesNode(String name, KubernetesAccess kubernetes) {
  /** Whether there is one; also when Kubernetes does not tell. */
  boolean mayExist() {
    try {
      return kubernetes.ask("node " + name, client -> client.nodes().withName(name).get() != null);
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Asks for its labels.
   *
   * @throws IOException naming what was asked, when there is no answer or no such node
   */
  Map<String, String> labels() throws IOException {
    Node node =
        kubernetes.ask("the labels of node " + name, client -> client.nodes().withName(name).get());
    if (node == null) {
      throw new IOException(
          "Kubernetes has no node %s: set --nodeid to the node's name".formatted(name));
    }
    Map<String, String> labels = node.getMetadata().getLabels();
    return labels == null ? Map.of() : Map.copyOf(labels);
  }
}
