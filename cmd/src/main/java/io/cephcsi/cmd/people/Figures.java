package io.cephcsi.cmd.people;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers as people read them. */
final class Figures {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private static final DateTimeFormatter TO_THE_SECOND =
      DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss");

  private Figures() {}

  /** A size: {@code 1.5 GiB}. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    String number = String.format(Locale.ROOT, value % 1 < 0.05 ? "%.0f" : "%.1f", value);
    return number + " " + UNITS[unit];
  }

  /** A text of others, of which no character can steer a terminal. */
  static String plain(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }

  /** A text in lines of at most some characters, each with blanks before it. */
  static String wrapped(String text, int indent, int width) {
    int room = Math.max(20, Math.min(width, 110) - indent);
    var lines = new StringBuilder();
    var line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > room) {
        lines.append(" ".repeat(indent)).append(line).append('\n');
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    return lines.append(" ".repeat(indent)).append(line).append('\n').toString();
  }

  /**
   * A name and what it is, each line with blanks before it; below the name where that does not fit
   * beside it.
   *
   * @param label the name, and what stands between the two
   */
  static String labelled(String label, String value, int indent, int width) {
    if (indent + label.length() + value.length() <= width) {
      return " ".repeat(indent) + label + value + "\n";
    }
    return wrapped(label.stripTrailing(), indent, width) + wrapped(value, indent + 2, width);
  }

  /** A file's name with the time of now in it, in the folder where the command runs. */
  static Path fileOfNow(String before, String after) {
    return Path.of(before + ZonedDateTime.now(ZoneOffset.UTC).format(TO_THE_SECOND) + after);
  }

  /** A time that has passed, by its largest unit: {@code 5m}, {@code 3d}. */
  static String age(Duration time) {
    if (time.compareTo(Duration.ofMinutes(2)) < 0) {
      return Math.max(0, time.toSeconds()) + "s";
    }
    if (time.compareTo(Duration.ofHours(2)) < 0) {
      return time.toMinutes() + "m";
    }
    return time.compareTo(Duration.ofDays(2)) < 0 ? time.toHours() + "h" : time.toDays() + "d";
  }
}
