package io.cephcsi.cmd.people;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Something that a driver wants, and whether it is there.
 *
 * @param subject what was looked at
 * @param found what it is
 * @param remedy what to do about it; {@link #NOTHING} where it is as it should be
 */
record Check(String subject, State state, String found, String remedy) {
  static final String NOTHING = "nothing";

  /** Behind the word that says how it stands. */
  private static final int INDENT = 9;

  enum State {
    /** As it should be. */
    OK,
    /** The driver works, but something that it can do does not. */
    NOTE,
    /** The driver does not work so. */
    PROBLEM
  }

  static Check ok(String subject, String found) {
    return new Check(subject, State.OK, found, NOTHING);
  }

  static Check note(String subject, String found, String remedy) {
    return new Check(subject, State.NOTE, found, remedy);
  }

  static Check problem(String subject, String found, String remedy) {
    return new Check(subject, State.PROBLEM, found, remedy);
  }

  /** Whether nothing hinders the driver. */
  static boolean fine(List<Check> checks) {
    return checks.stream().noneMatch(check -> check.state() == State.PROBLEM);
  }

  /** As lines, no wider than the screen; below each what to do, where that is anything. */
  static String text(List<Check> checks, int width) {
    var text = new StringBuilder();
    for (Check check : checks) {
      String told = check.subject() + ": " + Figures.plain(check.found());
      text.append("%-9s".formatted(check.word()))
          .append(Figures.wrapped(told, INDENT, width).substring(INDENT));
      if (!check.remedy().equals(NOTHING)) {
        text.append(Figures.wrapped("-> " + Figures.plain(check.remedy()), INDENT, width));
      }
    }
    return text.toString();
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("check", subject);
    json.put("state", word());
    json.put("found", found);
    json.put("remedy", remedy);
    return json;
  }

  private String word() {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
