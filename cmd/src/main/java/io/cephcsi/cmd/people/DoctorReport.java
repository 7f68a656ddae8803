package io.cephcsi.cmd.people;

import io.cephcsi.cluster.care.Finding;
import io.cephcsi.cluster.care.Finding.Hold;
import io.cephcsi.cluster.care.Step;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the doctor found, for people or as JSON. */
final class DoctorReport {
  private final Screen screen;
  private final List<Map<String, Object>> rows = new ArrayList<>();

  DoctorReport(Screen screen) {
    this.screen = screen;
  }

  /** All that was found in a place, by kind, each kind explained once. */
  void print(String place, List<Finding> findings) {
    List<Finding> shown = findings.stream().filter(f -> f.hold() != Hold.YOUNG).toList();
    Map<Finding.Kind, List<Finding>> byKind = new EnumMap<>(Finding.Kind.class);
    shown.forEach(f -> byKind.computeIfAbsent(f.kind(), _ -> new ArrayList<>()).add(f));
    screen.out().println(place + ": " + counted(shown.size()));
    byKind.forEach((kind, some) -> {
      screen.out().println();
      screen.out().println(kind.title());
      screen.out().print(Figures.wrapped(kind.explanation(), 2, screen.width()));
      some.forEach(this::print);
    });
    int young = findings.size() - shown.size();
    if (young > 0) {
      screen
          .out()
          .println(
              "%n%d more changed too recently to judge (--older-than): look again later"
                  .formatted(young));
    }
  }

  private static String counted(int problems) {
    return switch (problems) {
      case 0 -> "nothing is wrong";
      case 1 -> "1 problem";
      default -> problems + " problems";
    };
  }

  private void print(Finding finding) {
    int width = screen.width();
    screen.out().print(Figures.wrapped("- " + Figures.plain(finding.subject()), 2, width));
    screen.out().print(Figures.wrapped(Figures.plain(finding.cause()), 4, width));
    for (Step step : finding.steps()) {
      screen
          .out()
          .print(Figures.wrapped(verb(finding) + ": " + Figures.plain(step.text()), 4, width));
    }
    switch (finding.hold()) {
      case IN_USE -> screen.out().println("    left alone: a client has it open");
      case BY_HAND -> screen.out().println("    left alone: you have to decide");
      case NONE, YOUNG -> {}
    }
  }

  private static String verb(Finding finding) {
    return finding.hold() == Hold.NONE ? "to mend it" : "it would take";
  }

  /** Keeps a finding for {@link #json}. */
  void keep(String place, Finding finding, String outcome) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("place", place);
    row.put("kind", finding.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    row.put("title", finding.kind().title());
    row.put("subject", finding.subject());
    row.put("cause", finding.cause());
    row.put("explanation", finding.kind().explanation());
    row.put("hold", finding.hold().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    row.put("steps", finding.steps().stream().map(Step::text).toList());
    row.put("outcome", outcome);
    rows.add(row);
  }

  void json() {
    screen.json(rows);
  }
}
