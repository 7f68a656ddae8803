package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The driver with a real kernel's RBD client, in user-mode-linux guests; {@link GuestSuite} is what
 * runs in them. Left out, with the reason, where no guest can run.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GuestIT {
  private static final String NETWORK = "cephcsi-" + ProcessHandle.current().pid();
  private static final Path SCRIPTS = Checkout.root().resolve("test-e2e/guest");
  private static final Path GUEST = Checkout.root().resolve(".cache/guest");

  private static Path cluster = Path.of("");
  private static Path meeting = Path.of("");
  private static boolean up;

  private record Outcome(int exit, String output) {}

  @BeforeAll
  static void start() throws Exception {
    Outcome setup = run(List.of(SCRIPTS.resolve("setup").toString(), GUEST.toString()));
    if (setup.exit() == 3) {
      System.out.println("kernel guest left out: " + setup.output().strip());
    }
    assumeTrue(setup.exit() != 3, setup.output());
    assertThat(setup.exit()).as(setup.output()).isZero();
    Path parent = Files.createTempDirectory("guest-");
    cluster = parent.resolve("ceph");
    meeting = Files.createDirectory(parent.resolve("meeting"));
    must(List.of(SCRIPTS.resolve("network").toString(), "up", NETWORK, "2"));
    up = true;
    must(
        List.of(
            "nsenter",
            "--net=/run/netns/" + NETWORK,
            Checkout.singleNode().toString(),
            "up",
            cluster.toString(),
            "--address",
            "10.99.7.1",
            "--no-cephfs"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (up) {
      must(List.of(Checkout.singleNode().toString(), "down", cluster.toString()));
      must(List.of(SCRIPTS.resolve("network").toString(), "down", NETWORK));
    }
  }

  @Test
  @Order(1)
  void volumeLife_driverKilledBetweenAllSteps_endsWithNothingLeft() throws Exception {
    passes(guest(0, "life"));
  }

  @Test
  @Order(2)
  void volumeInUseOnOneNode_isRefusedOnTheOther() throws Exception {
    // The common pool has one thread on two cores, and then there would be one node after the
    // other.
    try (var nodes = Executors.newFixedThreadPool(2)) {
      var first = nodes.submit(() -> guest(0, "first"));
      var second = nodes.submit(() -> guest(1, "second"));

      passes(second.get(8, TimeUnit.MINUTES));
      passes(first.get(8, TimeUnit.MINUTES));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sanity", "sanity-block"})
  @Order(3)
  void csiSanity_controllerAndNodeWithKrbd_hasNoFailure(String part) {
    passes(guest(0, part));
  }

  @Test
  @Order(4)
  void stage_besideTheSameByHand_isMeasured() throws Exception {
    Outcome outcome = guest(0, "stage");

    passes(outcome);
    assertThat(outcome.output()).contains("ratio");
  }

  @ParameterizedTest
  @ValueSource(strings = {"place", "nbd", "ill"})
  @Order(5)
  void node_networkNamespaceOrKilledNbdOrIllFilesystem_isAsItShouldBe(String part) {
    passes(guest(0, part));
  }

  @Test
  @Order(6)
  void nodeStoppedAmidWriting_isFencedAndWritesNoMore() throws Exception {
    try (var nodes = Executors.newFixedThreadPool(2)) {
      var lost = nodes.submit(() -> guest(0, "lost"));
      var heir = nodes.submit(() -> guest(1, "heir"));

      awaitMeeting("heir-ready", heir);
      awaitMeeting("writing", lost);
      List<ProcessHandle> stopped = processes("node1");
      assertThat(stopped).isNotEmpty();
      signal("STOP", stopped);
      Files.writeString(meeting.resolve("stopped"), "");
      awaitMeeting("taken", heir);
      signal("CONT", stopped);

      passes(heir.get(8, TimeUnit.MINUTES));
      passes(lost.get(8, TimeUnit.MINUTES));
    }
  }

  /** Waits for what the guest will say; one that ends before has failed. */
  private static void awaitMeeting(String what, Future<Outcome> guest) throws Exception {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(4);
    while (!Files.exists(meeting.resolve(what))) {
      if (guest.isDone()) {
        passes(guest.get());
      }
      assertThat(System.nanoTime()).as("no guest comes to " + what).isLessThan(end);
      Thread.sleep(50);
    }
  }

  /** The kernel of a guest of ours; what runs below it stands still with it. */
  private static List<ProcessHandle> processes(String host) {
    return ProcessHandle.allProcesses().filter(process -> isKernel(process.pid(), host)).toList();
  }

  private static boolean isKernel(long pid, String host) {
    try {
      Path process = Path.of("/proc", Long.toString(pid));
      String command = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
      return command.startsWith(GUEST.resolve("usr/bin/linux.uml").toString())
          && command.contains("G_HOST=" + host + "\0")
          && Files.readString(process.resolve("status")).contains("TracerPid:\t0\n");
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  private static void signal(String name, List<ProcessHandle> processes) throws Exception {
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    processes.forEach(process -> command.add(Long.toString(process.pid())));
    must(command);
  }

  private static void passes(Outcome outcome) {
    System.out.println(outcome.output().strip());
    assertThat(outcome.exit()).as(outcome.output()).isZero();
  }

  private static Outcome guest(int node, String part) {
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
                NETWORK,
                "-t",
                "tap" + node,
                "-i",
                "10.99.%d.2/24".formatted(7 + node),
                "-h",
                "node" + (node + 1),
                "-T",
                "400",
                "--"));
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
            "io.cephcsi.e2e.GuestSuite",
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

  private static void must(List<String> command) throws IOException, InterruptedException {
    Outcome outcome = run(command);
    assertThat(outcome.exit()).as(outcome.output()).isZero();
  }

  private static Outcome run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }
}
