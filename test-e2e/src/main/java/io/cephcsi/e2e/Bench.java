package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the built driver on a real Ceph, over its socket. */
@Command(
    name = "./dev bench",
    description =
        "Times, rates and the OSD's operations of each RPC, beside bare librbd in the same run;"
            + " the driver's start and memory; and whether they are within their budgets.",
    footer = {"%nFor example: ./dev bench --callers 1 --count 50 --volumes 0 -o json"},
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
public final class Bench implements Callable<Integer> {
  /** The driver gives memory back and ends idle threads within some seconds. */
  private static final Duration SETTLE = Duration.ofSeconds(10);

  private static final int MAKERS = 16;
  private static final double MB = 1 << 20;

  enum Output {
    table,
    json
  }

  @Option(names = "-o", paramLabel = "FORMAT", description = "table or json.")
  private Output output = Output.table;

  @Option(names = "--callers", split = ",", description = "How many callers at the same time.")
  private List<Integer> callers = List.of(1, 16);

  @Option(names = "--count", description = "Calls of each kind at least.")
  private int count = 200;

  @Option(names = "--volumes", description = "How many volumes there are, listed and held.")
  private int volumes = 1000;

  @Option(
      names = "--copies",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Snapshots, restores and copies too.")
  private boolean copies;

  @Option(
      names = "--node",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Staging and publishing too.")
  private boolean node;

  @Option(names = "--starts", description = "How often the driver is started.")
  private int starts = 7;

  @Option(
      names = "--cluster",
      paramLabel = "DIR",
      description = "A cluster of ./dev ceph up DIR, instead of one for this run.")
  private @Nullable Path cluster;

  @Override
  public Integer call() throws Exception {
    BenchResult result = measure();
    System.out.print(output == Output.json ? json(result) : BenchTable.text(result));
    return 0;
  }

  private BenchResult measure() throws Exception {
    try (ThrowawayCeph ceph = cluster();
        DriverProcess process = DriverProcess.start(ceph, "--controllerserver");
        var bare = new BenchBare(ceph);
        var progress = new BenchProgress()) {
      return measure(ceph, process, bare, progress);
    }
  }

  @MustBeClosed
  private ThrowawayCeph cluster() throws IOException, InterruptedException {
    return cluster == null ? ThrowawayCeph.start("--no-cephfs") : ThrowawayCeph.running(cluster);
  }

  private BenchResult measure(
      ThrowawayCeph ceph, DriverProcess process, BenchBare bare, BenchProgress progress)
      throws Exception {
    progress.expect(starts + 2L * volumes);
    BenchResult.Start start = starts(process, progress);
    var driver = new BenchDriver(process.client(), ceph.pool(), ceph.credentials());
    double idle = settledMegabytes(process);
    driver.create("bench-first");
    double connected = settledMegabytes(process);
    make(driver, progress);
    int held = driver.list();
    double afterVolumes = settledMegabytes(process);
    double listing = listingMillis(ceph);
    var osd = new BenchOsd(ceph, bare);
    List<BenchCall> calls = new ArrayList<>();
    for (int n : callers) {
      calls.addAll(
          new BenchCalls(BenchCalls.Plan.of(n, count), driver, bare, osd, progress).measure());
      if (copies) {
        calls.addAll(new BenchCopies(n, driver, bare, osd, progress).measure());
      }
    }
    double atEnd = settledMegabytes(process);
    if (node) {
      calls.addAll(new BenchNode(ceph, progress).measure());
    }
    remove(driver, osd, progress);
    return new BenchResult(
        start, new BenchResult.Memory(idle, connected, held, afterVolumes, atEnd), listing, calls);
  }

  /** The command for people; the driver has not told it anything. */
  private static double listingMillis(ThrowawayCeph ceph) throws IOException, InterruptedException {
    String program = Checkout.root().resolve("bin/cephcsi").toString();
    long begun = System.nanoTime();
    Process listing =
        new ProcessBuilder(
                program, "volumes", "ls", "-o", "json", "--ceph-conf", ceph.entry("conf"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (listing.waitFor() != 0) {
      throw new IOException("volumes ls ended with " + listing.exitValue());
    }
    return (System.nanoTime() - begun) / 1e6;
  }

  /** The start before these has warmed this process and the machine's cache of files. */
  private BenchResult.Start starts(DriverProcess process, BenchProgress progress)
      throws IOException, InterruptedException {
    double[] millis = new double[Math.max(1, starts)];
    for (int i = 0; i < millis.length; i++) {
      process.restart();
      millis[i] = process.firstProbe().toNanos() / 1e6;
      progress.done(1, "start");
    }
    Arrays.sort(millis);
    return new BenchResult.Start(millis.length, millis[0], millis[millis.length / 2]);
  }

  private static double settledMegabytes(DriverProcess process)
      throws IOException, InterruptedException {
    Thread.sleep(SETTLE);
    return process.rssBytes() / MB;
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

  /** A cluster that is thrown away needs no cleaning. */
  private void remove(BenchDriver driver, BenchOsd osd, BenchProgress progress) throws Exception {
    if (cluster == null) {
      return;
    }
    List<String> names = driver.names();
    new BenchSamples()
        .add(
            MAKERS,
            0,
            names.size(),
            n -> {
              driver.delete(names.get(n));
              progress.done(1, "clean up");
            });
    var _ = osd.countAfterPurges();
  }

  private static String json(BenchResult result) throws IOException {
    return JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build()
            .writeValueAsString(
                Map.of(
                    "result", result, "budgets", BenchBudget.of(result), "cephCsi", peers(result)))
        + "\n";
  }

  private static Map<String, BenchPeer> peers(BenchResult result) {
    Map<String, BenchPeer> peers = new TreeMap<>();
    for (BenchCall call : result.calls()) {
      BenchPeer.of(call.rpc(), call.callers()).ifPresent(peer -> peers.put(call.rpc(), peer));
    }
    return peers;
  }

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true).execute(arguments));
  }
}
