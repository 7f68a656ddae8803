package io.cephcsi.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A bound that the driver is to keep, and what this run has measured of it.
 *
 * @param rpc which row of the calls it is about; empty when it is about none
 * @param callers of that row, 0 when it is about none
 * @param most whether {@code bound} is the most that is allowed, else the least
 */
public record BenchBudget(
    String rpc, int callers, String what, double measured, boolean most, double bound) {
  public boolean met() {
    return most ? measured <= bound : measured >= bound;
  }

  /** As a table shows it, for instance {@code 9.0 ≤ 10 osd ops ok}. */
  String text() {
    String sign = most ? "\u2264" : "\u2265";
    String mark = met() ? "ok" : "OVER";
    return String.format(Locale.ROOT, "%s %.4g %s %.4g  %s", what, measured, sign, bound, mark);
  }

  /** All budgets that the run has figures for. */
  static List<BenchBudget> of(BenchResult result) {
    List<BenchBudget> budgets = new ArrayList<>();
    budgets.add(atMost("first Probe, ms", result.start().minMillis(), 400));
    budgets.add(atMost("RSS idle, MB", result.memory().idle(), 80));
    budgets.add(atMost("RSS after volumes, MB", result.memory().afterVolumes(), 115));
    budgets.add(atMost("volumes ls, ms", result.listingMillis(), 3000));
    operations(budgets, result, "CreateVolume", 10);
    operations(budgets, result, "CreateVolume again", 6);
    operations(budgets, result, "ControllerExpandVolume", 20);
    operations(budgets, result, "DeleteVolume", 46);
    slower(budgets, result, "CreateVolume", 1.4);
    slower(budgets, result, "DeleteVolume", 2.5);
    rate(budgets, result, "CreateVolume", 16, 0.6);
    copies(budgets, result);
    slower(budgets, result, "NodeStageVolume", 1.5);
    return budgets;
  }

  private static void copies(List<BenchBudget> budgets, BenchResult result) {
    operations(budgets, result, "CreateSnapshot", 115);
    operations(budgets, result, "CreateVolume from snapshot", 70);
    operations(budgets, result, "CreateVolume from volume", 175);
    operations(budgets, result, "DeleteSnapshot", 75);
    operations(budgets, result, "DeleteVolume of a copy", 140);
    operations(budgets, result, "DeleteVolume of a restored", 95);
    slowerThanAll(budgets, result, "CreateSnapshot", 1.3);
    slower(budgets, result, "CreateVolume from snapshot", 2); // of what is a clone itself
    slowerThanAll(budgets, result, "CreateVolume from volume", 1.5);
    timesSerial(budgets, result, "CreateSnapshot", 3);
    timesSerial(budgets, result, "CreateVolume from volume", 3);
  }

  /** Compared with the bare calls one after the other. */
  private static void slowerThanAll(
      List<BenchBudget> budgets, BenchResult result, String rpc, double most) {
    find(result, rpc, 1)
        .map(c -> c.driver().medianMillis() / sumOfMedians(c))
        .map(ratio -> new BenchBudget(rpc, 1, "median / bare", ratio, true, most))
        .ifPresent(budgets::add);
  }

  private static double sumOfMedians(BenchCall call) {
    return call.bare().stream().mapToDouble(b -> b.times().medianMillis()).sum();
  }

  /** The rate of many callers beside that of one. */
  private static void timesSerial(
      List<BenchBudget> budgets, BenchResult result, String rpc, double least) {
    Optional<BenchCall> serial = find(result, rpc, 1);
    Optional<BenchCall> parallel = find(result, rpc, 16);
    if (serial.isPresent() && parallel.isPresent()) {
      double ratio = parallel.get().driver().perSecond() / serial.get().driver().perSecond();
      budgets.add(new BenchBudget(rpc, 16, "rate / serial", ratio, false, least));
    }
  }

  private static BenchBudget atMost(String what, double measured, double bound) {
    return new BenchBudget("", 0, what, measured, true, bound);
  }

  private static void operations(
      List<BenchBudget> budgets, BenchResult result, String rpc, double most) {
    find(result, rpc, 1)
        .map(c -> new BenchBudget(rpc, 1, "osd ops", c.driver().osdOperations(), true, most))
        .ifPresent(budgets::add);
  }

  private static void slower(
      List<BenchBudget> budgets, BenchResult result, String rpc, double most) {
    find(result, rpc, 1)
        .map(c -> c.driver().medianMillis() / c.bare().getFirst().times().medianMillis())
        .map(ratio -> new BenchBudget(rpc, 1, "median / bare", ratio, true, most))
        .ifPresent(budgets::add);
  }

  private static void rate(
      List<BenchBudget> budgets, BenchResult result, String rpc, int callers, double least) {
    find(result, rpc, callers)
        .map(c -> c.driver().perSecond() / c.bare().getFirst().times().perSecond())
        .map(ratio -> new BenchBudget(rpc, callers, "rate / bare", ratio, false, least))
        .ifPresent(budgets::add);
  }

  private static Optional<BenchCall> find(BenchResult result, String rpc, int callers) {
    return result.calls().stream()
        .filter(c -> c.rpc().equals(rpc) && c.callers() == callers)
        .findFirst();
  }
}
