package io.cephcsi.cmd.people;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows in columns, as wide as the screen allows: columns that matter least go first, then long
 * texts lose their middle, so that both ends of an id can still be told.
 */
final class Table {
  private static final String GAP = "  ";
  private static final String CUT = "…";

  /**
   * A column.
   *
   * @param rank 0 for one that always stays; of the others the highest goes first
   * @param least how narrow it may become; 0 for one that is never shortened
   * @param right whether it has numbers
   */
  record Column(String head, int rank, int least, boolean right) {
    /** The rank of a column that nobody has asked for. */
    static final int NEVER = Integer.MAX_VALUE;

    static Column text(String head, int rank, int least) {
      return new Column(head, rank, least, false);
    }

    static Column number(String head, int rank) {
      return new Column(head, rank, 0, true);
    }
  }

  private final List<Column> columns;
  private final List<List<String>> rows = new ArrayList<>();

  Table(Column... columns) {
    this.columns = List.of(columns);
  }

  void row(String... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(cells.length + " cells for " + columns.size());
    }
    rows.add(List.of(cells));
  }

  /** The table's lines, each ended. */
  String text(int width) {
    List<Integer> shown =
        new ArrayList<>(
            IntStream.range(0, columns.size())
                .filter(c -> columns.get(c).rank() != Column.NEVER)
                .boxed()
                .toList());
    while (least(shown) > width && dropOne(shown)) {}
    int[] widths = widths(shown, width);
    var text = new StringBuilder();
    text.append(line(columns.stream().map(Column::head).toList(), shown, widths));
    rows.forEach(row -> text.append(line(row, shown, widths)));
    return text.toString();
  }

  private int natural(int column) {
    return rows.stream()
        .mapToInt(row -> row.get(column).length())
        .reduce(columns.get(column).head().length(), Math::max);
  }

  private int least(int column) {
    int least = columns.get(column).least();
    return least == 0 ? natural(column) : Math.min(least, natural(column));
  }

  private int least(List<Integer> shown) {
    return shown.stream().mapToInt(this::least).sum() + GAP.length() * (shown.size() - 1);
  }

  private boolean dropOne(List<Integer> shown) {
    return shown.stream()
        .filter(c -> columns.get(c).rank() > 0)
        .max(Comparator.comparingInt(c -> columns.get(c).rank()))
        .map(shown::remove)
        .orElse(false);
  }

  /** The widest of those that may be shortened gives way, a character at a time. */
  private int[] widths(List<Integer> shown, int width) {
    int[] widths = IntStream.range(0, columns.size()).map(this::natural).toArray();
    int total = shown.stream().mapToInt(c -> widths[c]).sum() + GAP.length() * (shown.size() - 1);
    while (total > width) {
      int widest = -1;
      for (int column : shown) {
        if (widths[column] > least(column) && (widest < 0 || widths[column] > widths[widest])) {
          widest = column;
        }
      }
      if (widest < 0) {
        break;
      }
      widths[widest]--;
      total--;
    }
    return widths;
  }

  private String line(List<String> cells, List<Integer> shown, int[] widths) {
    var line = new StringBuilder();
    for (int column : shown) {
      String cell = shortened(cells.get(column), widths[column]);
      String gap = " ".repeat(widths[column] - cell.length());
      line.append(columns.get(column).right() ? gap + cell : cell + gap).append(GAP);
    }
    return line.toString().stripTrailing() + "\n";
  }

  /** Without its middle where it is too long. */
  static String shortened(String text, int width) {
    if (text.length() <= width) {
      return text;
    }
    int tail = (width - 1) / 2;
    return text.substring(0, width - 1 - tail) + CUT + text.substring(text.length() - tail);
  }
}
