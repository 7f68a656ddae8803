package io.cephcsi.e2e.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.FormatMethod;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What matters of rendered objects, a line each: so that charts can be compared with the tables of
 * the reference, which say the same about ceph-csi's.
 */
final class Facts {
  private static final Map<String, String> PODS =
      Map.of("DaemonSet", "node", "Deployment", "provisioner");

  private final Set<String> lines = new TreeSet<>();

  private Facts() {}

  static Set<String> of(List<ObjectNode> objects) {
    var facts = new Facts();
    objects.forEach(facts::object);
    return facts.lines;
  }

  /** The values of a chart, a line for each that is not itself a map of values. */
  static Set<String> ofValues(ObjectNode values) {
    var facts = new Facts();
    facts.value("", values);
    return facts.lines;
  }

  private void value(String path, JsonNode value) {
    if (value.isObject() && !value.isEmpty()) {
      value
          .properties()
          .forEach(p -> value(path.isEmpty() ? p.getKey() : path + "." + p.getKey(), p.getValue()));
    } else {
      say("%s = %s", path, value.isTextual() ? value.asText().replace("\n", "\\n") : value);
    }
  }

  private void object(ObjectNode object) {
    String kind = object.path("kind").asText();
    String name = object.at("/metadata/name").asText();
    say("object %s %s", kind, name);
    if (object.at("/metadata/labels").isObject()) {
      say("labels %s %s %s", kind, name, pairs(object.at("/metadata/labels")));
    }
    switch (kind) {
      case "DaemonSet", "Deployment" -> pods(PODS.getOrDefault(kind, kind), object);
      case "ClusterRole", "Role" -> object.path("rules").forEach(r -> rule(kind, name, r));
      case "ClusterRoleBinding", "RoleBinding" ->
          say(
              "binding %s %s to %s",
              kind, object.at("/roleRef/name").asText(), object.at("/subjects/0/name").asText());
      case "CSIDriver" -> say("csidriver %s", pairs(object.path("spec")));
      case "ConfigMap" ->
          object.path("data").properties().forEach(p -> say("config %s %s", name, p.getKey()));
      case "Service" -> {
        say("service %s selects %s", name, pairs(object.at("/spec/selector")));
        say("service %s ports %s", name, object.at("/spec/ports"));
      }
      default -> {}
    }
  }

  private void rule(String kind, String name, JsonNode rule) {
    String role = "%s %s".formatted(kind, name.contains("nodeplugin") ? "node" : "provisioner");
    rule.path("resources")
        .forEach(resource ->
            rule.path("verbs")
                .forEach(verb -> say("rule %s %s %s", role, resource.asText(), verb.asText())));
  }

  private void pods(String pod, ObjectNode object) {
    say("selector %s %s", pod, pairs(object.at("/spec/selector/matchLabels")));
    say("podlabels %s %s", pod, pairs(object.at("/spec/template/metadata/labels")));
    JsonNode spec = object.at("/spec/template/spec");
    for (String field :
        List.of(
            "hostNetwork",
            "hostPID",
            "dnsPolicy",
            "priorityClassName",
            "serviceAccountName",
            "securityContext",
            "affinity")) {
      if (spec.has(field)) {
        say("pod %s %s=%s", pod, field, text(spec.get(field)));
      }
    }
    for (String field : List.of("/spec/replicas", "/spec/strategy", "/spec/updateStrategy")) {
      if (!object.at(field).isMissingNode()) {
        say("pod %s %s=%s", pod, field.substring(6), text(object.at(field)));
      }
    }
    spec.path("containers").forEach(c -> container(pod, c));
    spec.path("volumes").forEach(v -> say("volume %s %s", pod, text(v)));
  }

  private void container(String pod, JsonNode container) {
    String name = pod + " " + container.path("name").asText();
    say("image %s %s", name, container.path("image").asText());
    container.path("args").forEach(a -> say("arg %s %s", name, a.asText()));
    container
        .path("env")
        .forEach(e ->
            say(
                "env %s %s=%s",
                name,
                e.path("name").asText(),
                e.has("value")
                    ? e.path("value").asText()
                    : e.at("/valueFrom/fieldRef/fieldPath").asText()));
    container
        .path("volumeMounts")
        .forEach(m ->
            say(
                "mount %s %s %s%s%s",
                name,
                m.path("name").asText(),
                m.path("mountPath").asText(),
                m.path("readOnly").asBoolean() ? " ro" : "",
                m.has("mountPropagation") ? " " + m.path("mountPropagation").asText() : ""));
    if (container.has("securityContext")) {
      say("security %s %s", name, text(container.path("securityContext")));
    }
    for (String field : List.of("livenessProbe", "resources")) {
      if (container.has(field)) {
        say("%s %s", field, name);
      }
    }
  }

  private static String pairs(JsonNode map) {
    Set<String> pairs = new TreeSet<>();
    map.properties().forEach(p -> pairs.add(p.getKey() + "=" + text(p.getValue())));
    return String.join(",", pairs);
  }

  private static String text(JsonNode node) {
    return node.isTextual() ? node.asText() : node.toString().replace("\"", "");
  }

  @FormatMethod
  private void say(String format, Object... of) {
    lines.add(format.formatted(of).strip());
  }
}
