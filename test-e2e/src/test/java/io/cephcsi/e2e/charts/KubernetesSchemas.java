package io.cephcsi.e2e.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What Kubernetes takes for an object of each kind, as JSON schemas that refuse unknown fields.
 * Made of Kubernetes' own OpenAPI file and of the definitions of custom resources.
 */
final class KubernetesSchemas {
  /** How kubeconform finds the schema of an object among these files. */
  static final String TEMPLATE = "{{.ResourceKind}}_{{.Group}}_{{.ResourceAPIVersion}}.json";

  private static final String DEFINITIONS = "definitions.json";
  private static final JsonMapper JSON = new JsonMapper();

  private final Path folder;

  /**
   * @param folder an empty one
   */
  KubernetesSchemas(Path folder) {
    this.folder = folder;
  }

  /**
   * Writes a file for each kind.
   *
   * @param api the folder with {@code swagger.json} and the files of the custom resources
   */
  void write(Path api) throws IOException {
    builtIn((ObjectNode) JSON.readTree(api.resolve("swagger.json").toFile()));
    try (DirectoryStream<Path> files = Files.newDirectoryStream(api, "*.yaml")) {
      for (Path file : files) {
        custom(Yaml.file(file));
      }
    }
  }

  private void builtIn(ObjectNode swagger) throws IOException {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    all.set("definitions", swagger.get("definitions"));
    close(all);
    // Both are written as number or as text, which the OpenAPI of Kubernetes cannot say.
    for (String type :
        new String[] {
          "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
          "io.k8s.apimachinery.pkg.api.resource.Quantity"
        }) {
      ((ObjectNode) all.at("/definitions/" + type))
          .removeAll()
          .putArray("type")
          .add("string")
          .add("number");
    }
    JSON.writeValue(folder.resolve(DEFINITIONS).toFile(), all);
    for (var definition : swagger.get("definitions").properties()) {
      for (JsonNode kind : definition.getValue().path("x-kubernetes-group-version-kind")) {
        write(
            kind.path("kind").asText(),
            kind.path("group").asText(),
            kind.path("version").asText(),
            JsonNodeFactory.instance
                .objectNode()
                .put("$ref", DEFINITIONS + "#/definitions/" + definition.getKey()));
      }
    }
  }

  private void custom(ObjectNode definition) throws IOException {
    for (JsonNode version : definition.at("/spec/versions")) {
      ObjectNode schema = (ObjectNode) version.at("/schema/openAPIV3Schema");
      close(schema);
      write(
          definition.at("/spec/names/kind").asText(),
          definition.at("/spec/group").asText(),
          version.path("name").asText(),
          schema);
    }
  }

  /** Refuses fields that are not named, wherever any are named. */
  private static void close(JsonNode schema) {
    schema.forEach(KubernetesSchemas::close);
    if (schema instanceof ObjectNode object
        && object.path("properties").isObject()
        && !object.has("additionalProperties")
        && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      object.put("additionalProperties", false);
    }
  }

  private void write(String kind, String group, String version, JsonNode schema)
      throws IOException {
    String file =
        "%s_%s_%s.json"
            .formatted(kind.toLowerCase(Locale.ROOT), group.isEmpty() ? version : group, version);
    JSON.writeValue(folder.resolve(file).toFile(), schema);
  }
}
