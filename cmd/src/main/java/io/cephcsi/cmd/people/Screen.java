package io.cephcsi.cmd.people;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.cephcsi.cluster.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * Where a command writes to.
 *
 * @param version of this program
 */
public record Screen(PrintWriter out, PrintWriter err, String version) {
  static final int STANDARD_OUT = 1;
  static final int STANDARD_ERROR = 2;
  private static final int NARROWEST = 20;

  /** Prints anything that Jackson writes. */
  void json(Object value) {
    try {
      out.println(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Prints a sentence on standard error, in lines where that is a terminal. */
  void tell(String sentence) {
    err.print(inLines(sentence));
    err.flush();
  }

  /** A sentence as standard error shows it, ended: in lines where that is a terminal. */
  public static String inLines(String sentence) {
    int width = width(STANDARD_ERROR);
    return sentence.length() <= width ? sentence + "\n" : Figures.wrapped(sentence, 0, width);
  }

  /** How wide a line may be; no bound where that is no terminal. */
  int width() {
    return width(STANDARD_OUT);
  }

  /** As {@link #width()}, of another descriptor. */
  static int width(int descriptor) {
    String given = System.getenv().getOrDefault("COLUMNS", "");
    if (given.matches("\\d{2,4}")) {
      return Math.max(NARROWEST, Integer.parseInt(given));
    }
    return isTerminal(descriptor) ? terminalWidth() : Integer.MAX_VALUE;
  }

  private static int terminalWidth() {
    // Of a type that is not dumb, whatever TERM says: a dumb one is not asked how wide it is.
    try (Terminal terminal = TerminalBuilder.builder().type("ansi").dumb(true).build()) {
      return terminal.getWidth() < NARROWEST ? 80 : terminal.getWidth();
    } catch (IOException e) {
      return 80;
    }
  }

  /** Whether somebody watches what is written to standard error. */
  static boolean watched() {
    return isTerminal(STANDARD_ERROR);
  }

  private static boolean isTerminal(int descriptor) {
    try {
      Path open = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
      return open.startsWith("/dev/pts") || open.toString().startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }
}
