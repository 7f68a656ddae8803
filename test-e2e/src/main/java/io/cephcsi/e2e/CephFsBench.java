package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** As {@link Bench}, for the CephFS driver. */
@Command(
    name = "./dev bench --type=cephfs",
    description =
        "Times, rates and commands to manager and monitor of each RPC, beside the bare command to"
            + " the manager in the same run; and whether they are within their budgets.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
public final class CephFsBench implements Callable<Integer> {
  static final String FILE_SYSTEM = "cephfs";

  private static final Duration SETTLE = Duration.ofSeconds(5);
  private static final int MAKERS = 16;
  private static final double MB = 1 << 20;
  private static final double MOST_MEGABYTES = 115;
  private static final double SLOWER = 1.4;
  private static final double RATE = 0.9;

  /** How many commands to the manager at most. */
  private static final Map<String, Integer> MANAGER =
      Map.of("CreateVolume", 2, "CreateVolume again", 1);

  private static final List<String> HEADS =
      List.of(
          "call",
          "callers",
          "calls",
          "median ms",
          "p95 ms",
          "per s",
          "osd ops",
          "mgr",
          "mon",
          "budget");

  @Option(names = "--callers", split = ",", description = "How many callers at the same time.")
  private List<Integer> callers = List.of(1, 16);

  @Option(names = "--count", description = "Calls of each kind at least.")
  private int count = 100;

  @Option(names = "--volumes", description = "How many volumes there are, held.")
  private int volumes = 300;

  @Option(
      names = "--cluster",
      paramLabel = "DIR",
      description =
          "A cluster of ./dev ceph up DIR, which keeps the volumes, instead of one for this run.")
  private @Nullable Path folder;

  @Override
  public Integer call() throws Exception {
    try (ThrowawayCeph ceph = cluster();
        DriverProcess process = DriverProcess.startCephFs(ceph, "--controllerserver");
        var connections = new ConnectionPool(ConnectionSettings.DEFAULT);
        Cluster cluster = connections.lend(ceph.monitors(), ceph.credentials());
        var progress = new BenchProgress()) {
      progress.expect(volumes);
      BenchDriver driver = BenchDriver.cephFs(process.client(), ceph.credentials());
      make(driver, progress);
      Thread.sleep(SETTLE);
      double megabytes = process.rssBytes() / MB;
      List<CephFsBenchCall> calls = new ArrayList<>();
      for (int n : callers) {
        calls.addAll(new CephFsBenchCalls(n, count, driver, cluster, ceph, progress).measure());
      }
      System.out.print(text(calls, megabytes));
    }
    return 0;
  }

  @MustBeClosed
  private ThrowawayCeph cluster() throws IOException, InterruptedException {
    return folder == null ? ThrowawayCeph.start() : ThrowawayCeph.running(folder);
  }

  private void make(BenchDriver driver, BenchProgress progress) throws Exception {
    new BenchSamples()
        .add(
            MAKERS,
            0,
            volumes,
            n -> {
              driver.create("bench-held-" + n);
              progress.done(1, "volumes");
            });
  }

  private String text(List<CephFsBenchCall> calls, double megabytes) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEADS);
    for (CephFsBenchCall call : calls) {
      rows.add(
          row(
              call.rpc(),
              call,
              call.driver(),
              BenchTable.number(call.manager(), 2),
              BenchTable.number(call.monitor(), 2),
              budget(call)));
      call.bare().forEach(b -> rows.add(row("  bare " + b.call(), call, b.times(), "", "", "")));
    }
    return BenchTable.aligned(rows)
        + String.format(
            Locale.ROOT,
            "RSS after %d volumes %.1f MB of 2^20, %s%n",
            volumes,
            megabytes,
            met(megabytes <= MOST_MEGABYTES, "at most " + MOST_MEGABYTES));
  }

  private static List<String> row(
      String name,
      CephFsBenchCall call,
      BenchTimes times,
      String manager,
      String monitor,
      String budget) {
    return List.of(
        name,
        Integer.toString(call.callers()),
        Integer.toString(times.calls()),
        BenchTable.number(times.medianMillis(), 2),
        BenchTable.number(times.p95Millis(), 2),
        BenchTable.number(times.perSecond(), 0),
        BenchTable.number(times.osdOperations(), 1),
        manager,
        monitor,
        budget);
  }

  private static String budget(CephFsBenchCall call) {
    List<String> budgets = new ArrayList<>();
    if (call.callers() == 1) {
      commands(call).ifPresent(budgets::add);
      call.slower()
          .map(r -> met(r <= SLOWER, ratio(r) + " of bare, at most " + SLOWER))
          .ifPresent(budgets::add);
    } else if (call.rpc().equals("CreateVolume")) {
      call.rate()
          .map(r -> met(r >= RATE, ratio(r) + " of bare's rate, at least " + RATE))
          .ifPresent(budgets::add);
    }
    return String.join("; ", budgets);
  }

  /** To the manager, and none to the monitors. */
  private static Optional<String> commands(CephFsBenchCall call) {
    return Optional.ofNullable(MANAGER.get(call.rpc()))
        .map(most ->
            met(call.manager() <= most && call.monitor() == 0, "mgr at most " + most + ", mon 0"));
  }

  private static String ratio(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }

  private static String met(boolean met, String what) {
    return what + (met ? "  ok" : "  OVER");
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new CephFsBench()).execute(arguments));
  }
}
