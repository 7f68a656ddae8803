package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TracingTest {
  @Test
  void wanted_byItsVariables() {
    assertThat(Tracing.wanted(Map.of())).isFalse();
    assertThat(Tracing.wanted(Map.of("OTEL_SERVICE_NAME", "x"))).isFalse();
    assertThat(Tracing.wanted(Map.of("OTEL_TRACES_EXPORTER", "otlp"))).isTrue();
    assertThat(Tracing.wanted(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"))).isTrue();
    assertThat(Tracing.wanted(Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c"))).isTrue();
    assertThat(
            Tracing.wanted(
                Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_TRACES_EXPORTER", "none")))
        .isFalse();
    assertThat(Tracing.wanted(Map.of("OTEL_TRACES_EXPORTER", "otlp", "OTEL_SDK_DISABLED", "true")))
        .isFalse();
  }

  @Test
  void load_folderMissingOrEmpty_isNone(@TempDir Path folder) throws Exception {
    assertThat(Tracing.load(folder.resolve("none"))).isEmpty();
    assertThat(Tracing.load(Files.createDirectory(folder.resolve("empty")))).isEmpty();
  }
}
