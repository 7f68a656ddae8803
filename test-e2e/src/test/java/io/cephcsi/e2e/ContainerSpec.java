package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * What a pod's template says of one of its containers, with what Kubernetes fills in.
 *
 * @param json the container, as in the template
 * @param node the name of the node that the pod is on
 */
public record ContainerSpec(JsonNode json, String node, String namespace) {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\(([A-Za-z_]+)\\)");

  /** The entry of that name in a list, such as a pod's containers or volumes. */
  public static JsonNode named(JsonNode list, String name) {
    for (JsonNode entry : list) {
      if (entry.path("name").asText().equals(name)) {
        return entry;
      }
    }
    throw new IllegalArgumentException("no %s in %s".formatted(name, list));
  }

  /** The variables in its order, also those with a field of the pod. */
  public Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    for (JsonNode variable : json.path("env")) {
      String field = variable.at("/valueFrom/fieldRef/fieldPath").asText();
      environment.put(
          variable.path("name").asText(),
          switch (field) {
            case "" -> variable.path("value").asText();
            case "spec.nodeName" -> node;
            case "metadata.namespace" -> namespace;
            case "status.podIP" -> "127.0.0.1";
            default -> throw new IllegalStateException("a field that is not known here: " + field);
          });
    }
    return environment;
  }

  /** The arguments of its program, with the variables in them replaced. */
  public List<String> arguments() {
    Map<String, String> environment = environment();
    return StreamSupport.stream(json.path("args").spliterator(), false)
        .map(argument ->
            VARIABLE
                .matcher(argument.asText())
                .replaceAll(found -> environment.getOrDefault(found.group(1), found.group())))
        .toList();
  }
}
