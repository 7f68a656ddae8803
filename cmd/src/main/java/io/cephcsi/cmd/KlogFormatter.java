package io.cephcsi.cmd;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/** Log lines in klog's form: {@code I1122 10:15:30.123456 777 cephcsi] text}. */
final class KlogFormatter extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("MMdd HH:mm:ss.SSSSSS").withZone(ZoneId.systemDefault());

  private final String process = " %7d ".formatted(ProcessHandle.current().pid());

  @Override
  public String format(LogRecord entry) {
    return letter(entry.getLevel())
        + TIME.format(entry.getInstant())
        + process
        + entry.getLoggerName()
        + "] "
        + formatMessage(entry)
        + System.lineSeparator()
        + stack(entry);
  }

  private static char letter(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return 'E';
    }
    return level.intValue() >= Level.WARNING.intValue() ? 'W' : 'I';
  }

  private static String stack(LogRecord entry) {
    if (entry.getThrown() == null) {
      return "";
    }
    var text = new StringWriter();
    entry.getThrown().printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
