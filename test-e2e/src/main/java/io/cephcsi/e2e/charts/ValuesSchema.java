package io.cephcsi.e2e.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cephcsi.e2e.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** What the values of a chart may be: its part of the schema that both charts share. */
final class ValuesSchema {
  /** Says, in the source, which chart a property belongs to. */
  private static final String CHART = "chart";

  private ValuesSchema() {}

  /** What the file {@code values.schema.json} of a chart has to hold. */
  static String text(Chart chart) {
    Path source = Checkout.root().resolve(Path.of("charts", "values.schema.yaml"));
    ObjectNode schema = Yaml.file(source);
    keepOf(chart, schema);
    try {
      return new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(schema) + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void keepOf(Chart chart, JsonNode schema) {
    schema.forEach(part -> keepOf(chart, part));
    if (schema.get("properties") instanceof ObjectNode properties) {
      properties.properties().removeIf(p -> isOfAnother(chart, p.getValue()));
      properties.forEach(property -> ((ObjectNode) property).remove(CHART));
    }
  }

  private static boolean isOfAnother(Chart chart, JsonNode property) {
    return property.path(CHART).isTextual()
        && !property.path(CHART).textValue().equals(chart.driver());
  }
}
