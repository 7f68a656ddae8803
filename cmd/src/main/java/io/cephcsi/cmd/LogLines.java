package io.cephcsi.cmd;

import io.cephcsi.csi.CallLine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/** What both forms of the log tell of an entry. */
final class LogLines {
  private LogLines() {}

  static String level(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "Error";
    }
    return level.intValue() >= Level.WARNING.intValue() ? "Warning" : "Info";
  }

  /** The call that it is about; null when it is about none. */
  static @Nullable CallLine call(LogRecord entry) {
    Object[] parameters = entry.getParameters();
    return parameters != null && parameters.length == 1 && parameters[0] instanceof CallLine call
        ? call
        : null;
  }

  /** Where its failure came from, a line each; empty when it has none. */
  static String stack(LogRecord entry) {
    CallLine call = call(entry);
    Throwable thrown = call == null ? entry.getThrown() : call.failure();
    if (thrown == null) {
      return "";
    }
    var text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
