package io.cephcsi.cmd.people;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** What {@code --help} prints, as wide as the terminal; picocli's own is never below 55 columns. */
public final class HelpText {
  private static final int WIDEST = 80;
  private static final int NARROWEST_OF_PICOCLI = 55;

  /** Wider than anything is, so that picocli breaks no lines. */
  private static final int UNBROKEN = 4000;

  /** Below a name that stands alone. */
  private static final int INDENT = 8;

  /** Blanks, a name, blanks, what it is. */
  private static final Pattern NAMED = Pattern.compile("( *)(\\S.*?) {2,}(\\S.*)");

  private HelpText() {}

  /** Prints a command's help for the terminal that standard output is, if it is one. */
  public static void print(CommandLine line, PrintWriter out) {
    out.print(of(line, Screen.width(Screen.STANDARD_OUT)));
    out.flush();
  }

  /** A command's help in lines of that many characters; examples may be longer. */
  static String of(CommandLine line, int width) {
    boolean narrow = width < NARROWEST_OF_PICOCLI;
    line.setUsageHelpWidth(narrow ? UNBROKEN : Math.min(width, WIDEST));
    return narrow ? narrow(line.getUsageMessage(), width) : line.getUsageMessage();
  }

  private static String narrow(String help, int width) {
    List<String> paragraphs = new ArrayList<>();
    for (String line : help.lines().toList()) {
      if (paragraphs.isEmpty() || !goesOn(paragraphs.getLast(), line)) {
        paragraphs.add(line);
        continue;
      }
      String before = paragraphs.removeLast();
      boolean nameAlone = before.startsWith(" ") && !NAMED.matcher(before).matches();
      paragraphs.add(before + (nameAlone ? "  " : " ") + line.strip());
    }
    var narrow = new StringBuilder();
    paragraphs.forEach(line -> narrow.append(narrowLine(line, width)));
    return narrow.toString();
  }

  /** Whether it stands below its name. */
  private static boolean goesOn(String before, String line) {
    return !before.isBlank() && line.startsWith(" ".repeat(INDENT + 8));
  }

  private static String narrowLine(String line, int width) {
    Matcher named = NAMED.matcher(line);
    if (line.length() <= width) {
      return line + "\n";
    }
    if (named.matches()) {
      return Figures.wrapped(named.group(2), named.group(1).length(), width)
          + Figures.wrapped(named.group(3), INDENT, width);
    }
    int indent = line.length() - line.stripLeading().length();
    return Figures.wrapped(line.strip(), indent, width);
  }
}
