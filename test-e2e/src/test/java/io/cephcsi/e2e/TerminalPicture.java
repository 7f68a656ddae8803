package io.cephcsi.e2e;

import java.util.ArrayList;
import java.util.List;

/** What commands have printed, as a picture of a terminal in SVG. */
final class TerminalPicture {
  private static final int CHARACTER = 8;
  private static final int LINE = 18;
  private static final int MARGIN = 14;
  private static final String PROMPT = "$ ";

  private final int columns;
  private final List<String> lines = new ArrayList<>();

  /**
   * @param columns how wide the terminal is; longer lines go on in the next one
   */
  TerminalPicture(int columns) {
    this.columns = columns;
  }

  /** Adds a command and what it printed. */
  void add(String command, String output) {
    if (!lines.isEmpty()) {
      lines.add("");
    }
    lines.add(PROMPT + command);
    for (String line : output.lines().toList()) {
      int begin = 0;
      do {
        lines.add(line.substring(begin, Math.min(line.length(), begin + columns)));
        begin += columns;
      } while (begin < line.length());
    }
  }

  /** The picture. */
  String svg() {
    int width = 2 * MARGIN + CHARACTER * columns;
    int height = 2 * MARGIN + LINE * lines.size();
    var svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d">
        <rect width="%1$d" height="%2$d" rx="8" fill="#1e2228"/>
        <g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13" fill="#d5dae0">
        """
            .formatted(width, height));
    int y = MARGIN + LINE - 5;
    for (String line : lines) {
      if (!line.isBlank()) {
        svg.append(text(line, y));
      }
      y += LINE;
    }
    return svg.append("</g>\n</svg>\n").toString();
  }

  /** Each line as long as it has characters, so that columns stand below each other in any font. */
  private static String text(String line, int y) {
    String blanks = line.substring(0, line.length() - line.stripLeading().length());
    String visible = line.strip();
    String color = line.startsWith(PROMPT) ? " fill=\"#7fd17f\"" : "";
    return "<text x=\"%d\" y=\"%d\" textLength=\"%d\" xml:space=\"preserve\"%s>%s</text>\n"
        .formatted(
            MARGIN + CHARACTER * blanks.length(),
            y,
            CHARACTER * visible.length(),
            color,
            visible.replace("&", "&amp;").replace("<", "&lt;"));
  }
}
