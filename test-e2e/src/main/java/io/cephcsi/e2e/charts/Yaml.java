package io.cephcsi.e2e.charts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator.Feature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Kubernetes objects as text, and back. */
final class Yaml {
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder(
              YAMLFactory.builder()
                  .disable(Feature.SPLIT_LINES)
                  .enable(Feature.MINIMIZE_QUOTES)
                  .enable(Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                  .enable(Feature.LITERAL_BLOCK_STYLE)
                  .enable(Feature.INDENT_ARRAYS_WITH_INDICATOR)
                  .build())
          .build();

  private Yaml() {}

  /** All objects of a text, empty documents left out. */
  static List<ObjectNode> objects(String text) {
    List<ObjectNode> objects = new ArrayList<>();
    ObjectReader reader = MAPPER.readerFor(JsonNode.class);
    try (MappingIterator<JsonNode> documents = reader.readValues(text)) {
      while (documents.hasNext()) {
        if (documents.next() instanceof ObjectNode object && !object.isEmpty()) {
          objects.add(object);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return List.copyOf(objects);
  }

  /** The one document of a file. */
  static ObjectNode file(Path file) {
    try {
      return (ObjectNode) MAPPER.readTree(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One text of all objects. */
  static String text(List<ObjectNode> objects) {
    var text = new StringBuilder();
    for (ObjectNode object : objects) {
      try {
        text.append(MAPPER.writeValueAsString(object));
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      }
    }
    return text.toString();
  }
}
