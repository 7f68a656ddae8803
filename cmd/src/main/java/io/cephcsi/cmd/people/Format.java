package io.cephcsi.cmd.people;

import java.util.Map;
import picocli.CommandLine.Option;

/** The option that says how an answer is written. */
final class Format {
  enum Kind {
    TABLE,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table or json (${DEFAULT-VALUE}).")
  Kind kind = Kind.TABLE;

  boolean json() {
    return kind == Kind.JSON;
  }

  /** Facts about one thing, a line each. */
  void print(Screen screen, Map<String, Object> facts) {
    if (json()) {
      screen.json(facts);
      return;
    }
    int width = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
    facts.forEach((name, value) ->
        screen
            .out()
            .print(
                Figures.labelled(
                    name + " ".repeat(width - name.length() + 2),
                    value.toString(),
                    0,
                    screen.width())));
  }
}
