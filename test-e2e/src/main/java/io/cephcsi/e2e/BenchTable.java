package io.cephcsi.e2e;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The result as a table for people. */
final class BenchTable {
  private static final List<String> HEADS =
      List.of(
          "call",
          "callers",
          "calls",
          "median ms",
          "p95 ms",
          "per s",
          "osd ops",
          "ceph-csi*",
          "budget");

  private static final String PEER =
      """
      * osd ops and median of ceph-csi's call where it was measured once; not of this run

      """;

  private BenchTable() {}

  static String text(BenchResult result) {
    List<BenchBudget> budgets = BenchBudget.of(result);
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEADS);
    for (BenchCall call : result.calls()) {
      String peer = BenchPeer.of(call.rpc(), call.callers()).map(BenchPeer::text).orElse("");
      rows.add(row(call.rpc(), call.callers(), call.driver(), peer, budgets(budgets, call)));
      call.bare()
          .forEach(b -> rows.add(row("  bare " + b.call(), call.callers(), b.times(), "", "")));
    }
    return aligned(rows) + PEER + process(result) + "\n" + others(budgets);
  }

  private static List<String> row(
      String call, int callers, BenchTimes times, String peer, String budget) {
    return List.of(
        call,
        Integer.toString(callers),
        Integer.toString(times.calls()),
        number(times.medianMillis(), 2),
        number(times.p95Millis(), 2),
        number(times.perSecond(), 0),
        number(times.osdOperations(), 1),
        peer,
        budget);
  }

  private static String budgets(List<BenchBudget> budgets, BenchCall call) {
    return budgets.stream()
        .filter(b -> b.rpc().equals(call.rpc()) && b.callers() == call.callers())
        .map(BenchBudget::text)
        .collect(Collectors.joining("; "));
  }

  private static String process(BenchResult result) {
    BenchResult.Start start = result.start();
    BenchResult.Memory memory = result.memory();
    return String.format(
        Locale.ROOT,
        """
        first Probe answered: min %.0f ms, median %.0f ms of %d starts
        volumes ls: %.0f ms for %d volumes
        RSS, MB of 2^20: idle %.1f, connected %.1f, after %d volumes %.1f, at the end %.1f
        """,
        start.minMillis(),
        start.medianMillis(),
        start.starts(),
        result.listingMillis(),
        memory.volumes(),
        memory.idle(),
        memory.connected(),
        memory.volumes(),
        memory.afterVolumes(),
        memory.atEnd());
  }

  private static String others(List<BenchBudget> budgets) {
    return budgets.stream()
        .filter(b -> b.callers() == 0)
        .map(b -> b.text() + "\n")
        .collect(Collectors.joining());
  }

  static String aligned(List<List<String>> rows) {
    var text = new StringBuilder();
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        int width = width(rows, column);
        boolean left = column == 0 || column == row.size() - 1;
        String cell = row.get(column);
        String gap = " ".repeat(width - cell.length());
        line.append(left ? cell + gap : gap + cell).append("  ");
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static int width(List<List<String>> rows, int column) {
    return Collections.max(rows.stream().map(r -> r.get(column).length()).toList());
  }

  static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
