package io.cephcsi.cmd;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.cephcsi.csi.CallLine;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * Log lines as JSON objects, one a line: {@code ts}, {@code level}, {@code logger} and {@code msg};
 * those about calls also have {@code request_id}, {@code method}, {@code volume}, {@code code} and
 * {@code milliseconds}; a failure has its {@code stack}.
 */
final class JsonFormatter extends Formatter {
  private static final JsonFactory JSON = new JsonFactory();

  @Override
  public String format(LogRecord entry) {
    var text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("ts", entry.getInstant().toString());
      json.writeStringField("level", LogLines.level(entry.getLevel()).toLowerCase(Locale.ROOT));
      json.writeStringField("logger", entry.getLoggerName());
      message(json, entry, LogLines.call(entry));
      String stack = LogLines.stack(entry);
      if (!stack.isEmpty()) {
        json.writeStringField("stack", stack);
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.append(System.lineSeparator()).toString();
  }

  private void message(JsonGenerator json, LogRecord entry, @Nullable CallLine call)
      throws IOException {
    if (call == null) {
      json.writeStringField("msg", formatMessage(entry));
      return;
    }
    json.writeStringField("msg", call.message().isEmpty() ? call.method() : call.message());
    json.writeNumberField("request_id", call.number());
    json.writeStringField("method", call.method());
    json.writeStringField("volume", call.subject());
    if (!call.code().isEmpty()) {
      json.writeStringField("code", call.code());
    }
    json.writeNumberField("milliseconds", call.millis());
  }
}
