package io.cephcsi.cmd;

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
import org.jspecify.annotations.Nullable;

/**
 * The API of the Kubernetes that this driver runs in: by the pod's service account or, where the
 * environment's {@code KUBERNETES_CONFIG_PATH} names one, a kubeconfig file. One client asks all
 * questions; it is made by the first one, and anew when it does not get through, since the files
 * that it was made from may have changed.
 */
final class KubernetesAccess implements AutoCloseable {
  private static final int MILLIS = 5_000;

  /** HTTP's code for a user who is not known; there is none at all without an answer. */
  private static final int UNAUTHORIZED = 401;

  private final Map<String, String> environment;
  private @Nullable KubernetesClient client;

  private KubernetesAccess(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Empty where the environment tells of no Kubernetes. */
  static Optional<KubernetesAccess> of(Map<String, String> environment) {
    boolean there =
        environment.containsKey("KUBERNETES_SERVICE_HOST")
            || environment.containsKey("KUBERNETES_CONFIG_PATH");
    return there ? Optional.of(new KubernetesAccess(environment)) : Optional.empty();
  }

  /** A question to the API. */
  interface Question<T> {
    T ask(KubernetesClient client) throws IOException;
  }

  /**
   * Asks, for some seconds at most.
   *
   * @param what it is about, for people: {@code the labels of node n1}
   * @throws IOException naming that, when there is no answer or a refusal
   */
  <T> T ask(String what, Question<T> question) throws IOException {
    KubernetesClient asked = client();
    try {
      return question.ask(asked);
    } catch (KubernetesClientException e) {
      if (e.getCode() <= 0 || e.getCode() == UNAUTHORIZED) {
        drop(asked);
      }
      throw new IOException(
          "ask Kubernetes for %s: %s; see whether the service account may get that"
              .formatted(what, e.getMessage()),
          e);
    }
  }

  private synchronized KubernetesClient client() throws IOException {
    KubernetesClient made = client;
    if (made == null) {
      made = new KubernetesClientBuilder().withConfig(config()).build();
      client = made;
    }
    return made;
  }

  /** Others may ask with it just now; they fare no better. */
  private synchronized void drop(KubernetesClient failed) {
    if (failed.equals(client)) {
      client = null;
    }
    failed.close();
  }

  private Config config() throws IOException {
    String file = environment.getOrDefault("KUBERNETES_CONFIG_PATH", "");
    if (!file.isEmpty() && !Files.isReadable(Path.of(file))) {
      throw new IOException(
          "KUBERNETES_CONFIG_PATH %s cannot be read: name a kubeconfig that can, or leave it out to ask by the service account"
              .formatted(file));
    }
    Config config =
        file.isEmpty() ? Config.autoConfigure(null) : Config.fromKubeconfig(Path.of(file).toFile());
    return new ConfigBuilder(config)
        .withConnectionTimeout(MILLIS)
        .withRequestTimeout(MILLIS)
        .withRequestRetryBackoffLimit(1)
        .build();
  }

  /** Ends the client; a later question makes another one. */
  @Override
  public synchronized void close() {
    if (client != null) {
      client.close();
      client = null;
    }
  }
}
