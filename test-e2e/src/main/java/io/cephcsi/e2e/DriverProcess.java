package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.ProbeRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The driver as a process of its own, with its socket, configuration and log in a temporary folder.
 * It can be ended and started again at the same socket. Ends with {@link #close} or with this JVM.
 * For one thread at a time.
 */
public final class DriverProcess implements AutoCloseable {
  /** How the configuration names the cluster. */
  public static final String CLUSTER_ID = "demo";

  private static final String SOCKET = "csi.sock";
  private static final String CONFIG = "config.json";
  private static final String LOG = "driver.log";

  /** Long enough for an emulated machine, on which one that ends also writes a cache of classes. */
  private static final Duration START = Duration.ofMinutes(1);

  private static final Duration STOP = Duration.ofMinutes(4);
  private static final int LOG_TAIL = 20;

  /** One start of the program. */
  private record Run(Process process, CsiClient client, Duration firstProbe) {}

  private final Path folder;
  private final List<String> command;
  private final Map<String, String> environment;
  private final AtExit atExit;
  private Run run;

  private DriverProcess(
      Path folder, List<String> command, Map<String, String> environment, Run run) {
    this.folder = folder;
    this.command = command;
    this.environment = Map.copyOf(environment);
    this.run = run;
    this.atExit = new AtExit(this::end);
  }

  /**
   * Starts the driver for RBD and waits until it has answered a Probe.
   *
   * @param flags what to serve and how, for instance {@code --controllerserver}
   */
  @MustBeClosed
  public static DriverProcess start(ThrowawayCeph ceph, String... flags)
      throws IOException, InterruptedException {
    return start(ceph, Map.of(), flags);
  }

  /** As the other one, with these in its environment besides. */
  @MustBeClosed
  static DriverProcess start(ThrowawayCeph ceph, Map<String, String> environment, String... flags)
      throws IOException, InterruptedException {
    return start("rbd", ceph, environment, flags);
  }

  /** As {@link #start}, the driver for CephFS. */
  @MustBeClosed
  public static DriverProcess startCephFs(ThrowawayCeph ceph, String... flags)
      throws IOException, InterruptedException {
    return start("cephfs", ceph, Map.of(), flags);
  }

  /** As the other one, with these in its environment besides. */
  @MustBeClosed
  static DriverProcess startCephFs(
      ThrowawayCeph ceph, Map<String, String> environment, String... flags)
      throws IOException, InterruptedException {
    return start("cephfs", ceph, environment, flags);
  }

  @MustBeClosed
  private static DriverProcess start(
      String type, ThrowawayCeph ceph, Map<String, String> environment, String... flags)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("cephcsi-");
    configure(folder, ceph, Map.of());
    List<String> command = new ArrayList<>(program());
    command.addAll(
        List.of(
            "--type=" + type,
            "--nodeid=demo",
            "--drivername=" + type + ".csi.ceph.com",
            "--endpoint=unix://" + folder.resolve(SOCKET),
            "--cluster-config=" + folder.resolve(CONFIG),
            // Nothing of a Ceph that this machine may belong to.
            "--ceph-conf=" + folder.resolve("ceph.conf"),
            "--keyring=" + folder.resolve("keyring")));
    command.addAll(List.of(flags));
    return new DriverProcess(
        folder, List.copyOf(command), environment, launch(folder, command, environment));
  }

  private static void configure(Path folder, ThrowawayCeph ceph, Map<String, ?> more)
      throws IOException {
    Map<String, Object> cluster = new TreeMap<>(more);
    cluster.put("clusterID", CLUSTER_ID);
    cluster.put("monitors", List.of(ceph.monitors().split(",", -1)));
    new JsonMapper().writeValue(folder.resolve(CONFIG).toFile(), List.of(cluster));
  }

  /** Says more of the cluster in config.json, which the driver reads again by itself. */
  void configure(ThrowawayCeph ceph, Map<String, ?> more) throws IOException {
    configure(folder, ceph, more);
  }

  private static List<String> program() {
    Path built = Checkout.root().resolve("bin/cephcsi");
    if (Files.isExecutable(built)) {
      return List.of(built.toString());
    }
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Djna.encoding=UTF-8",
        "-jar",
        Checkout.root().resolve("cmd/target/cephcsi.jar").toString());
  }

  @SuppressWarnings("MustBeClosedChecker") // the client is the run's
  private static Run launch(Path folder, List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    // In a process group of its own, as in a container; setsid becomes the program.
    List<String> grouped = new ArrayList<>(List.of("setsid"));
    grouped.addAll(command);
    var builder =
        new ProcessBuilder(grouped)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(LOG).toFile()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      awaitSocket(process, folder, began);
      var client = new CsiClient(folder.resolve(SOCKET));
      // On a machine that is busy the client may need a second connection, as it says itself.
      var _ =
          client
              .identity()
              .withWaitForReady()
              .withDeadlineAfter(START.toSeconds(), TimeUnit.SECONDS)
              .probe(ProbeRequest.getDefaultInstance());
      return new Run(process, client, Duration.ofNanos(System.nanoTime() - began));
    } catch (StatusRuntimeException e) {
      boolean died = process.waitFor(1, TimeUnit.SECONDS);
      process.destroyForcibly();
      throw new IOException(
          "the driver %s:\n%s"
              .formatted(
                  died ? "ended with " + process.exitValue() : "does not answer", logTail(folder)),
          e);
    } catch (IOException | InterruptedException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static void awaitSocket(Process process, Path folder, long began)
      throws IOException, InterruptedException {
    while (!listens(folder.resolve(SOCKET))) {
      if (!process.isAlive() || System.nanoTime() - began > START.toNanos()) {
        throw new IOException("the driver does not start:\n" + logTail(folder));
      }
      Thread.sleep(1);
    }
  }

  private static boolean listens(Path socket) {
    if (!Files.exists(socket)) {
      return false;
    }
    try (var _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return true;
    } catch (IOException e) {
      return false; // bound but not listening yet, or left by a run that was killed
    }
  }

  private static String logTail(Path folder) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve(LOG));
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL), lines.size()));
  }

  /** The client of the running driver; another one after each start. */
  public CsiClient client() {
    return run.client();
  }

  /** The time from the last start of the process to its first answer. */
  public Duration firstProbe() {
    return run.firstProbe();
  }

  public long pid() {
    return run.process().pid();
  }

  /** The memory that the process has in RAM, of its own and of files, in bytes. */
  public long rssBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow(() -> new IOException("process " + pid() + " has ended"));
  }

  public Path socket() {
    return folder.resolve(SOCKET);
  }

  /** Where the driver logs; all starts into the same file. */
  public Path log() {
    return folder.resolve(LOG);
  }

  /** The whole command line, program first. */
  public List<String> command() {
    return command;
  }

  /** Ends the driver at once. */
  public void kill() throws InterruptedException {
    run.client().close();
    run.process().destroyForcibly().waitFor();
  }

  /** Asks the driver to end, and waits until it has; gives back its exit code. */
  public int stop() throws InterruptedException {
    run.client().close();
    run.process().destroy();
    if (!run.process().waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
      return run.process().destroyForcibly().waitFor();
    }
    return run.process().exitValue();
  }

  /** Starts the driver again, with the same flags; stops it first when it runs. */
  public void restart() throws IOException, InterruptedException {
    stop();
    run = launch(folder, command, environment);
  }

  @Override
  public void close() {
    end();
    atExit.close();
  }

  private void end() {
    try {
      stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      run.process().destroyForcibly();
    }
    removeFolder();
  }

  private void removeFolder() {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("remove " + folder, e);
    }
  }
}
