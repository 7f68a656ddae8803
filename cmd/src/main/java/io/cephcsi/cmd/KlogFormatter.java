package io.cephcsi.cmd;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** Log lines in klog's form: {@code I1122 10:15:30.123456 777 cephcsi] text}. */
final class KlogFormatter extends Formatter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("MMdd HH:mm:ss.SSSSSS").withZone(ZoneId.systemDefault());

  private final String process = " %7d ".formatted(ProcessHandle.current().pid());

  @Override
  public String format(LogRecord entry) {
    return LogLines.level(entry.getLevel()).charAt(0)
        + TIME.format(entry.getInstant())
        + process
        + entry.getLoggerName()
        + "] "
        + formatMessage(entry)
        + System.lineSeparator()
        + LogLines.stack(entry);
  }
}
