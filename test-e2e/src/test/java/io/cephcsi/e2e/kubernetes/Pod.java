package io.cephcsi.e2e.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.e2e.Checkout;
import io.cephcsi.e2e.ContainerSpec;
import io.cephcsi.e2e.ProgramRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A pod of a Deployment or DaemonSet that the API server has, run as kubelet would: each container
 * is a process that sees its volumes at their paths, with the arguments, the environment, the user
 * and the account's token that the template asks for. Images there are none: the programs are this
 * machine's, and a container whose program is not to be had is left out.
 */
final class Pod implements AutoCloseable {
  private static final Path CONTAINER = Checkout.root().resolve("test-e2e/kubernetes/container");
  private static final String ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount";

  /** The one sidecar that cannot be built here. */
  private static final String REGISTRAR = "driver-registrar";

  private final ControlPlane plane;
  private final Path folder;
  private final String namespace;
  private final String node;
  private final JsonNode spec;
  private final Map<String, Path> volumes = new HashMap<>();
  private final Map<String, ProgramRun> containers = new ConcurrentHashMap<>();
  private final Queue<String> restarts = new ConcurrentLinkedQueue<>();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("kubelet").daemon().factory());

  private Pod(ControlPlane plane, Path folder, String node, JsonNode workload) {
    this.plane = plane;
    this.folder = folder;
    this.node = node;
    this.namespace = workload.at("/metadata/namespace").asText();
    this.spec = workload.at("/spec/template/spec");
  }

  /**
   * Starts all containers.
   *
   * @param folder for its volumes and the containers' output
   * @param node the name of the node that it is on
   * @param workload for instance {@code deployment/rbd-ceph-csi-rbd-provisioner}
   */
  @MustBeClosed
  static Pod start(ControlPlane plane, Path folder, String node, String namespace, String workload)
      throws IOException, InterruptedException {
    JsonNode found = plane.kubectl().get("--namespace=" + namespace, workload);
    var pod = new Pod(plane, Files.createDirectories(folder), node, found);
    try {
      pod.startAll();
      return pod;
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      pod.close();
      throw e;
    }
  }

  private void startAll() throws IOException, InterruptedException {
    fillAccount();
    for (JsonNode volume : spec.path("volumes")) {
      fill(volume);
    }
    for (JsonNode container : spec.path("containers")) {
      String name = container.path("name").asText();
      if (!name.equals(REGISTRAR)) {
        start(name);
      }
    }
    var _ = watch.scheduleWithFixedDelay(this::restartEnded, 1, 1, TimeUnit.SECONDS);
  }

  /** A sidecar may end when its driver does, and counts on being started again. */
  private void restartEnded() {
    containers.forEach((name, run) -> {
      if (!run.process().isAlive()) {
        restart(name, run);
      }
    });
  }

  private void restart(String name, ProgramRun ended) {
    try {
      restarts.add(
          "%s ended with %d: %s".formatted(name, ended.process().exitValue(), ended.said()));
      ended.close();
      start(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void start(String name) throws IOException {
    var container = new ContainerSpec(spec(name), node, namespace);
    Path log = folder.resolve("%s-%d.log".formatted(name, System.nanoTime()));
    containers.put(name, ProgramRun.start(log, environment(container), command(container)));
  }

  /** What the template says of a container. */
  JsonNode spec(String name) {
    return ContainerSpec.named(spec.path("containers"), name);
  }

  /** A container that was started. */
  ProgramRun container(String name) {
    ProgramRun found = containers.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no container %s, but %s".formatted(name, containers));
    }
    return found;
  }

  /** Ends a container at once, as a crash does; it is started again. */
  void kill(String name) throws InterruptedException {
    var _ = container(name).process().destroyForcibly().waitFor();
  }

  /** Where a volume of the pod lies. */
  Path volume(String name) {
    Path found = volumes.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no volume %s, but %s".formatted(name, volumes.keySet()));
    }
    return found;
  }

  /** What has been started again since this was last asked, and what it had said. */
  List<String> restarts() {
    List<String> since = new ArrayList<>();
    for (String restart = restarts.poll(); restart != null; restart = restarts.poll()) {
      since.add(restart);
    }
    return since;
  }

  private void fillAccount() throws IOException, InterruptedException {
    Path account = Files.createDirectories(folder.resolve("serviceaccount"));
    Files.writeString(account.resolve("token"), token());
    Files.copy(plane.authority(), account.resolve("ca.crt"));
    Files.writeString(account.resolve("namespace"), namespace);
    volumes.put(ACCOUNT, account);
  }

  private String token(String... options) throws InterruptedException {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("create", "token", spec.path("serviceAccountName").asText()));
    words.add("--namespace=" + namespace);
    words.addAll(List.of(options));
    return plane.kubectl().run(words.toArray(String[]::new));
  }

  private void fill(JsonNode volume) throws IOException, InterruptedException {
    String name = volume.path("name").asText();
    if (volume.has("hostPath")) {
      hostPath(name, volume.path("hostPath"));
      return;
    }
    Path place = Files.createDirectory(folder.resolve(name));
    Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
    volumes.put(name, place);
    if (volume.has("configMap")) {
      JsonNode map =
          plane
              .kubectl()
              .get("--namespace=" + namespace, "configmap", volume.at("/configMap/name").asText());
      for (Map.Entry<String, JsonNode> file : map.path("data").properties()) {
        Files.writeString(place.resolve(file.getKey()), file.getValue().asText());
      }
    } else if (volume.has("secret")) {
      JsonNode secret =
          plane
              .kubectl()
              .get("--namespace=" + namespace, "secret", volume.at("/secret/secretName").asText());
      for (Map.Entry<String, JsonNode> file : secret.path("data").properties()) {
        Files.write(
            place.resolve(file.getKey()), Base64.getDecoder().decode(file.getValue().asText()));
      }
    } else if (volume.has("projected")) {
      for (JsonNode source : volume.at("/projected/sources")) {
        JsonNode account = source.path("serviceAccountToken");
        Files.writeString(
            place.resolve(account.path("path").asText()),
            token("--audience=" + account.path("audience").asText()));
      }
    } else if (!volume.has("emptyDir")) {
      throw new IllegalStateException("a volume that is not known here: " + volume);
    }
  }

  /** What the machine has not may not be made on it, except where the tests have their files. */
  private void hostPath(String name, JsonNode hostPath) throws IOException {
    Path path = Path.of(hostPath.path("path").asText());
    if (path.startsWith(folder.getParent())) {
      Files.createDirectories(path);
    }
    if (Files.exists(path)) {
      volumes.put(name, path);
    }
  }

  private List<String> command(ContainerSpec container) {
    List<String> command = new ArrayList<>();
    command.add(CONTAINER.toString());
    JsonNode security = container.json().path("securityContext");
    if (security.path("readOnlyRootFilesystem").asBoolean()) {
      command.add("-r");
    }
    if (security.path("privileged").asBoolean()) {
      command.add("-d");
    } else {
      command.addAll(List.of("-u", spec.at("/securityContext/runAsUser").asText("0")));
    }
    Path checkout = Checkout.root();
    command.addAll(List.of("-v", "%s:%s".formatted(checkout, checkout)));
    command.addAll(List.of("-v", "%s:%s".formatted(volumes.get(ACCOUNT), ACCOUNT)));
    for (JsonNode mount : container.json().path("volumeMounts")) {
      Path volume = volumes.get(mount.path("name").asText());
      if (volume != null) {
        command.addAll(List.of("-v", "%s:%s".formatted(volume, mount.path("mountPath").asText())));
      }
    }
    command.add("--");
    command.add(program(container.json().path("name").asText()).toString());
    command.addAll(container.arguments());
    return command;
  }

  private static Path program(String container) {
    return container.endsWith("plugin") || container.equals("liveness-prometheus")
        ? Checkout.root().resolve("bin/cephcsi")
        : Programs.of(container);
  }

  private Map<String, String> environment(ContainerSpec container) {
    Map<String, String> environment = new HashMap<>(container.environment());
    environment.put("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    environment.put("KUBERNETES_SERVICE_PORT", Integer.toString(plane.port()));
    return environment;
  }

  @Override
  public void close() {
    watch.close();
    containers.values().forEach(ProgramRun::close);
  }
}
