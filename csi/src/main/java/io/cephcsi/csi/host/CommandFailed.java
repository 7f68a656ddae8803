package io.cephcsi.csi.host;

import java.util.List;

/** A program could not be started, failed, or did not end in time. */
public final class CommandFailed extends RuntimeException {
  private static final int MOST_SAID = 1000;

  private final int exit;

  /** A program that ended with another status than it should. */
  public CommandFailed(List<String> command, Commands.Outcome outcome) {
    super(
        "%s: exit status %d: %s"
            .formatted(String.join(" ", command), outcome.exit(), said(outcome)));
    this.exit = outcome.exit();
  }

  /** A program that did not start, or had to be ended. */
  public CommandFailed(List<String> command, String what) {
    super(String.join(" ", command) + ": " + what);
    this.exit = -1;
  }

  /** The exit status; -1 when there is none. */
  public int exit() {
    return exit;
  }

  /** The end of its words, where the reason stands; the whole would not fit in an answer. */
  private static String said(Commands.Outcome outcome) {
    String said = outcome.err().isBlank() ? outcome.out() : outcome.err();
    String line = said.strip().replace('\n', ' ');
    return line.length() <= MOST_SAID ? line : "… " + line.substring(line.length() - MOST_SAID);
  }
}
