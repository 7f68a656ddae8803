package io.cephcsi.cmd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.cephcsi.csi.CallLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverLogTest {
  private static final Logger LOG = Logger.getLogger("cephcsi");

  private static final CallLine CALL =
      new CallLine(7, "CreateVolume", "pvc-1", "NOT_FOUND", 12, "no pool \"x\"", null);

  @TempDir Path folder;

  @AfterEach
  void reset() throws IOException {
    LOG.setLevel(null);
    LogManager.getLogManager().readConfiguration();
  }

  @Test
  void klog_call_isALine() {
    assertThat(new KlogFormatter().format(entry(CALL)))
        .startsWith("W")
        .contains("cephcsi] ID: 7 Req-ID: pvc-1 CreateVolume NOT_FOUND: no pool \"x\" 12 ms")
        .hasLineCount(1);
  }

  @Test
  void klog_callThatFailed_hasItsStack() {
    var bug = new IllegalStateException("a bug");
    var call = new CallLine(7, "CreateVolume", "pvc-1", "INTERNAL", 12, "a bug", bug);

    assertThat(new KlogFormatter().format(entry(call)))
        .contains("INTERNAL: a bug 12 ms")
        .contains("IllegalStateException");
  }

  @Test
  void json_call_hasItsFields() throws Exception {
    assertThat(fields(new JsonFormatter().format(entry(CALL))))
        .containsEntry("level", "warning")
        .containsEntry("logger", "cephcsi")
        .containsEntry("msg", "no pool \"x\"")
        .containsEntry("request_id", "7")
        .containsEntry("method", "CreateVolume")
        .containsEntry("volume", "pvc-1")
        .containsEntry("code", "NOT_FOUND")
        .containsEntry("milliseconds", "12")
        .containsKey("ts");
  }

  @Test
  void json_otherLine_isOneLineWithItsStack() throws Exception {
    var entry = new LogRecord(Level.SEVERE, "two\nlines of {0}");
    entry.setParameters(new Object[] {"text"});
    entry.setLoggerName("io.grpc");
    entry.setThrown(new IllegalStateException("a bug"));

    String line = new JsonFormatter().format(entry);

    assertThat(line).hasLineCount(1);
    assertThat(fields(line))
        .containsEntry("level", "error")
        .containsEntry("msg", "two\nlines of text")
        .hasEntrySatisfying("stack", s -> assertThat(s).contains("a bug"));
  }

  @Test
  void level_followsTheFileWhileTheDriverRuns() throws Exception {
    Flags flags = flags(1);
    try (var _ = DriverLog.setUp(flags, Duration.ofMillis(20))) {
      assertThat(LOG.getLevel()).isEqualTo(Level.INFO);

      Files.writeString(flags.logLevelFile, "5\n");
      await(() -> LOG.getLevel().equals(Level.FINER));

      Files.writeString(flags.logLevelFile, "4");
      await(() -> LOG.getLevel().equals(Level.FINE));

      Files.writeString(flags.logLevelFile, "loud");
      Thread.sleep(100);
      assertThat(LOG.getLevel()).isEqualTo(Level.FINE);

      Files.delete(flags.logLevelFile);
      await(() -> LOG.getLevel().equals(Level.INFO));
    }
  }

  @Test
  void level_fileIsThereAtTheStart_counts() throws Exception {
    Flags flags = flags(0);
    Files.writeString(flags.logLevelFile, "5");

    try (var _ = DriverLog.setUp(flags, Duration.ofHours(1))) {
      assertThat(LOG.isLoggable(Level.FINER)).isTrue();
    }
  }

  private Flags flags(int verbosity) {
    var flags = new Flags();
    flags.verbosity = verbosity;
    flags.logLevelFile = folder.resolve("log-level");
    return flags;
  }

  private static LogRecord entry(CallLine call) {
    var entry = new LogRecord(Level.WARNING, "{0}");
    entry.setLoggerName("cephcsi");
    entry.setParameters(new Object[] {call});
    return entry;
  }

  private static Map<String, String> fields(String line) throws IOException {
    Map<String, String> fields = new TreeMap<>();
    try (JsonParser json = new JsonFactory().createParser(line)) {
      while (json.nextToken() != null) {
        if (json.currentToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          json.nextToken();
          fields.put(name, json.getText());
        }
      }
    }
    return fields;
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(5);
    }
  }
}
