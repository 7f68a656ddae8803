package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One container of a pod that a chart renders, in the terms of {@code docker run}: what kubelet
 * would give it.
 *
 * @param objects all that the chart renders, with the ConfigMaps
 * @param pod the pod's specification
 * @param container the container's, one of the pod's
 * @param folder for what kubelet would keep of the pod
 */
record PodContainer(List<ObjectNode> objects, JsonNode pod, ContainerSpec container, Path folder) {
  /** The same as privileged where root itself, as in many containers, lacks SYS_RESOURCE. */
  private static final List<String> PRIVILEGED =
      List.of(
          "--cap-add=ALL",
          "--cap-drop=SYS_RESOURCE",
          "--security-opt=seccomp=unconfined",
          "--security-opt=apparmor=unconfined",
          "--security-opt=systempaths=unconfined",
          "--device-cgroup-rule=a *:* rwm",
          "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw");

  /** That container of the chart's DaemonSet. */
  static PodContainer ofDaemonSet(List<ObjectNode> objects, String container, Path folder) {
    JsonNode pod =
        objects.stream()
            .filter(object -> object.path("kind").asText().equals("DaemonSet"))
            .findFirst()
            .orElseThrow()
            .at("/spec/template/spec");
    var spec =
        new ContainerSpec(
            ContainerSpec.named(pod.path("containers"), container), "node1", "default");
    return new PodContainer(objects, pod, spec, folder);
  }

  /** The options of {@code docker run}; makes what they name on this machine. */
  List<String> options() throws IOException {
    List<String> options = new ArrayList<>(security());
    options.add("--network=" + (pod.path("hostNetwork").asBoolean() ? "host" : "none"));
    if (pod.path("hostPID").asBoolean()) {
      options.add("--pid=host");
    }
    container
        .environment()
        .forEach((name, value) -> options.add("--env=%s=%s".formatted(name, value)));
    for (JsonNode mount : container.json().path("volumeMounts")) {
      options.addAll(mounted(mount));
    }
    return options;
  }

  private List<String> security() throws IOException {
    JsonNode context = container.json().path("securityContext");
    if (context.path("privileged").asBoolean()) {
      return Capability.canGrowExt4() ? List.of("--privileged") : PRIVILEGED;
    }
    List<String> options = new ArrayList<>();
    if (context.path("readOnlyRootFilesystem").asBoolean()) {
      options.add("--read-only");
    }
    if (!context.path("allowPrivilegeEscalation").asBoolean(true)) {
      options.add("--security-opt=no-new-privileges");
    }
    context.at("/capabilities/drop").forEach(c -> options.add("--cap-drop=" + c.asText()));
    context.at("/capabilities/add").forEach(c -> options.add("--cap-add=" + c.asText()));
    return options;
  }

  private List<String> mounted(JsonNode mount) throws IOException {
    JsonNode volume = ContainerSpec.named(pod.path("volumes"), mount.path("name").asText());
    String at = mount.path("mountPath").asText();
    if (volume.has("emptyDir")) {
      return List.of("--tmpfs=" + at);
    }
    List<String> how = new ArrayList<>();
    how.add(mount.path("readOnly").asBoolean() || volume.has("configMap") ? "ro" : "rw");
    if (mount.path("mountPropagation").asText().equals("Bidirectional")) {
      how.add("rshared");
    }
    return List.of("--volume=%s:%s:%s".formatted(source(volume), at, String.join(",", how)));
  }

  private Path source(JsonNode volume) throws IOException {
    if (volume.has("configMap")) {
      return configMap(volume.at("/configMap/name").asText());
    }
    if (!volume.has("hostPath")) {
      return Files.createDirectories(folder.resolve(volume.path("name").asText()));
    }
    Path path = Path.of(volume.at("/hostPath/path").asText());
    return volume.at("/hostPath/type").asText().equals("DirectoryOrCreate")
        ? Files.createDirectories(path)
        : path;
  }

  private Path configMap(String name) throws IOException {
    Path files = Files.createDirectories(folder.resolve("config-" + name));
    for (ObjectNode object : objects) {
      if (object.path("kind").asText().equals("ConfigMap")
          && object.at("/metadata/name").asText().equals(name)) {
        for (Map.Entry<String, JsonNode> file : object.path("data").properties()) {
          Files.writeString(files.resolve(file.getKey()), file.getValue().asText());
        }
      }
    }
    return files;
  }
}
