package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.SingleNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Kernel guests with a cluster, in a network of their own, and the folder where they meet. */
final class Guests implements AutoCloseable {
  static final Path GUEST = Checkout.root().resolve(".cache/guest");
  private static final int CANNOT = 3;
  private static final Path SCRIPTS = Checkout.root().resolve("test-e2e/guest");

  private final String network = "cephcsi-" + ProcessHandle.current().pid();
  private final String suite;
  private final Path cluster;
  private final Path meeting;

  /** How a program ended. */
  record Outcome(int exit, String output) {
    /** Prints it; an exit status other than 0 is a failure. */
    void passes() {
      System.out.println(output.strip());
      if (exit != 0) {
        throw new IllegalStateException("the guest ended with status " + exit + ":\n" + output);
      }
    }
  }

  /** Why no guest can run on this machine; empty when it can. Gets what a guest is made of. */
  static Optional<String> trouble() throws IOException, InterruptedException {
    if (SingleNode.contained()) {
      return Optional.of("Ceph is in a container, which is not in the guests' network");
    }
    return setup();
  }

  /** As {@link #trouble}, of {@link #emulated}. */
  static Optional<String> troubleEmulated() throws IOException, InterruptedException {
    return setup("-e");
  }

  private static Optional<String> setup(String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(SCRIPTS.resolve("setup").toString()));
    command.addAll(List.of(options));
    command.add(GUEST.toString());
    Outcome setup = run(command);
    if (setup.exit() == CANNOT) {
      return Optional.of(setup.output().strip());
    }
    if (setup.exit() != 0) {
      throw new IOException(setup.output());
    }
    return Optional.empty();
  }

  /**
   * Starts the cluster.
   *
   * @param suite the main class that runs in the guests
   * @param options of the cluster
   */
  Guests(Class<?> suite, String... options) throws IOException, InterruptedException {
    this.suite = suite.getName();
    Path parent = Files.createTempDirectory("guest-");
    cluster = parent.resolve("ceph");
    meeting = Files.createDirectory(parent.resolve("meeting"));
    must(List.of(SCRIPTS.resolve("network").toString(), "up", network, "2"));
    List<String> up =
        new ArrayList<>(
            List.of(
                "nsenter",
                "--net=/run/netns/" + network,
                Checkout.singleNode().toString(),
                "up",
                cluster.toString(),
                "--address",
                "10.99.7.1"));
    up.addAll(List.of(options));
    must(up);
  }

  /** Where the guests meet in files. */
  Path meeting() {
    return meeting;
  }

  /** What is known of the cluster; closing it does not end that. */
  @MustBeClosed
  ThrowawayCeph running() throws IOException {
    return ThrowawayCeph.running(cluster);
  }

  /** Waits until a guest has come to a place; one that ends before has failed. */
  void awaitMeeting(String what, Future<Outcome> guest) throws Exception {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(4);
    while (!Files.exists(meeting.resolve(what))) {
      if (guest.isDone() && !Files.exists(meeting.resolve(what))) {
        guest.get().passes();
        throw new IllegalStateException("a guest has ended and not come to " + what);
      }
      if (System.nanoTime() > end) {
        throw new IllegalStateException("no guest comes to " + what);
      }
      Thread.sleep(50);
    }
  }

  /**
   * Runs a part of the suite in a guest of its own.
   *
   * @param node 0 or 1
   */
  Outcome guest(int node, String part) {
    return guest(node, part, List.of());
  }

  /** As {@link #guest}, on an emulated machine with the kernel that Debian's machines have. */
  Outcome emulated(String part) {
    return guest(0, part, List.of("-e"));
  }

  private Outcome guest(int node, String part, List<String> options) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path target = Checkout.root().resolve("test-e2e/target");
    String sanity = System.getenv("CSI_SANITY");
    List<String> command =
        new ArrayList<>(
            List.of(
                SCRIPTS.resolve("run").toString(),
                "-d",
                GUEST.toString(),
                "-n",
                network,
                "-t",
                "tap" + node,
                "-i",
                "10.99.%d.2/24".formatted(7 + node),
                "-h",
                "node" + (node + 1),
                "-T",
                "400"));
    command.addAll(options);
    command.add("--");
    command.addAll(
        List.of(
            java,
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "-Djava.io.tmpdir=/run",
            "-Dcephcsi.root=" + Checkout.root(),
            "-cp",
            "%s/test-e2e.jar:%s/lib/*".formatted(target, target),
            suite,
            part,
            cluster.toString(),
            meeting.toString(),
            sanity == null ? "csi-sanity" : sanity));
    try {
      return run(command);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Runs a program that must succeed. */
  static void must(List<String> command) throws IOException, InterruptedException {
    Outcome outcome = run(command);
    if (outcome.exit() != 0) {
      throw new IOException(String.join(" ", command) + ": " + outcome.output());
    }
  }

  private static Outcome run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }

  @Override
  public void close() throws IOException {
    try {
      must(List.of(Checkout.singleNode().toString(), "down", cluster.toString()));
      must(List.of(SCRIPTS.resolve("network").toString(), "down", network));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the guests' cluster was ended", e);
    }
  }
}
