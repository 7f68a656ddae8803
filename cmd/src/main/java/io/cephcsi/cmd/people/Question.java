package io.cephcsi.cmd.people;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Asks before something is done; on standard error, so that answers can go into a pipe. */
final class Question {
  private final Screen screen;
  private boolean all;
  private boolean over;
  private @Nullable BufferedReader answers;

  /**
   * @param all whether the answer is known to be yes
   */
  Question(Screen screen, boolean all) {
    this.screen = screen;
    this.all = all;
  }

  /**
   * Whether it may be done.
   *
   * @throws WrongUsage when nobody answers
   */
  boolean allows(String what) throws IOException {
    while (!all && !over) {
      screen.out().flush();
      screen
          .err()
          .print(Screen.inLines(what + " [y]es, [n]o, [a]ll, [q]uit:").stripTrailing() + " ");
      screen.err().flush();
      String answer = next();
      if (answer == null) {
        screen.err().println();
        throw new WrongUsage("nobody answers: give --yes where there is no terminal");
      }
      switch (answer.strip().toLowerCase(Locale.ROOT)) {
        case "y", "yes" -> {
          return true;
        }
        case "n", "no" -> {
          return false;
        }
        case "a", "all" -> all = true;
        case "q", "quit" -> over = true;
        default -> {} // asked again
      }
    }
    return all;
  }

  private @Nullable String next() throws IOException {
    if (answers == null) {
      answers = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    }
    return answers.readLine();
  }
}
