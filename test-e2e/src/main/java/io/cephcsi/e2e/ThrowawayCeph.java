package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.SingleNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * A single-node Ceph, started and ended by {@code test-e2e/ceph/single-node}. Ends with {@link
 * #close} or with this JVM.
 */
public final class ThrowawayCeph implements AutoCloseable {
  private final Path folder;
  private final Properties entries;
  private final Optional<SingleNode> own;
  private final List<String> launcher;
  private final Runnable end;

  private ThrowawayCeph(
      Path folder,
      Properties entries,
      Optional<SingleNode> own,
      List<String> launcher,
      Runnable end) {
    this.folder = folder;
    this.entries = entries;
    this.own = own;
    this.launcher = launcher;
    this.end = end;
  }

  /**
   * Starts a cluster in a new folder; blocks for some ten seconds.
   *
   * @param options of {@code single-node up}, for instance {@code --no-cephfs}
   */
  @MustBeClosed
  public static ThrowawayCeph start(String... options) throws IOException, InterruptedException {
    return startBy(List.of(), options);
  }

  /**
   * The same in another network.
   *
   * @param launcher what runs the command after it there
   */
  @MustBeClosed
  public static ThrowawayCeph startBy(List<String> launcher, String... options)
      throws IOException, InterruptedException {
    var cluster = new SingleNode(Checkout.singleNode(), launcher);
    var atExit = new AtExit(() -> end(cluster));
    cluster.up(List.of(options));
    return new ThrowawayCeph(
        cluster.folder(),
        entries(cluster.folder()),
        Optional.of(cluster),
        launcher,
        () -> {
          end(cluster);
          atExit.close();
        });
  }

  /** A cluster that runs already in the folder; closing it leaves it alone. */
  @MustBeClosed
  public static ThrowawayCeph running(Path folder) throws IOException {
    return new ThrowawayCeph(folder, entries(folder), Optional.empty(), List.of(), () -> {});
  }

  private static Properties entries(Path folder) throws IOException {
    var entries = new Properties();
    try (var reader = Files.newBufferedReader(folder.resolve("cluster.env"))) {
      entries.load(reader);
    }
    return entries;
  }

  private static void end(SingleNode cluster) {
    try {
      cluster.down();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Any entry of {@code cluster.env}. */
  public String entry(String key) {
    String value = entries.getProperty(key);
    if (value == null) {
      throw new IllegalStateException("%s/cluster.env has no %s".formatted(folder, key));
    }
    return value;
  }

  /**
   * A command that reaches the cluster: where that is in another network, with what runs it there.
   */
  public List<String> reachedBy(String... command) {
    return Stream.concat(launcher.stream(), Stream.of(command)).toList();
  }

  /** What runs the command after it, a tool of Ceph, in the cluster's version and not in ours. */
  List<String> ownTools() {
    return own.orElseThrow().ownTools();
  }

  /** The cluster's folder, with its logs and the daemons' sockets. */
  public Path folder() {
    return folder;
  }

  public String fsid() {
    return entry("fsid");
  }

  /** The monitors' addresses, separated by commas. */
  public String monitors() {
    return entry("monitors");
  }

  /** A pool that is ready for images. */
  public String pool() {
    return entry("pool");
  }

  /** The administrator, who may do everything. */
  public Credentials credentials() throws IOException {
    return new Credentials(entry("user"), Files.readString(Path.of(entry("key_file"))).strip());
  }

  /** The OSD's own count of the clients' operations that it has answered so far. */
  public long osdOperations() throws IOException {
    return new AdminSocket(folder.resolve("run").resolve("osd.0.asok"))
        .ask("{\"prefix\":\"perf dump\",\"logger\":\"osd\"}")
        .path("osd")
        .path("op")
        .asLong();
  }

  /** Ends its {@code mgr} or {@code mds} as a crash does, and waits until it is gone. */
  void kill(String daemon) throws IOException, InterruptedException {
    ProcessHandle process = process(daemon);
    process.destroyForcibly();
    while (process.isAlive()) {
      Thread.sleep(1);
    }
  }

  /**
   * Starts a daemon again that was killed, or {@code mds.b}, a second metadata server; what it
   * serves is there a few seconds later.
   */
  void startAgain(String daemon) throws IOException, InterruptedException {
    own.orElseThrow().start(daemon);
  }

  /** The process that is its {@code mon}, {@code mgr}, {@code osd} or {@code mds} now. */
  ProcessHandle process(String daemon) throws IOException {
    try (var files = Files.newDirectoryStream(folder.resolve("run"), daemon + ".*.pid")) {
      for (Path file : files) {
        long pid = Long.parseLong(Files.readString(file).strip());
        return ProcessHandle.of(pid)
            .orElseThrow(() -> new IOException("%s does not run".formatted(daemon)));
      }
    }
    throw new IOException("%s was never started".formatted(daemon));
  }

  @Override
  public void close() {
    end.run();
  }
}
