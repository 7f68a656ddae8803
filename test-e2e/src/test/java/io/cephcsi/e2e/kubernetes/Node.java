package io.cephcsi.e2e.kubernetes;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.cephcsi.ceph.SingleNode;
import io.cephcsi.e2e.AtExit;
import io.cephcsi.e2e.Checkout;
import io.cephcsi.e2e.charts.Chart;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A node of Kubernetes: kubelet and containerd, with images of the driver, the sidecars and what
 * the examples' pods run. It has a network, processes and mounts of its own on this machine, by
 * {@code test-e2e/kubernetes/node}, and nothing of it is left when it is closed.
 */
final class Node implements AutoCloseable {
  /** Its name in Kubernetes. */
  static final String NAME = "node-1";

  /** Of Kubernetes' own service, which every pod is told. */
  static final String SERVICE = "10.96.0.1";

  private static final Duration START = Duration.ofMinutes(2);
  private static final Path SCRIPTS = Checkout.root().resolve("test-e2e/kubernetes");
  private static final Path IMAGES = Checkout.root().resolve(".cache/image");
  private static final String PAUSE = "registry.k8s.io/pause:3.10.1";

  /** What the pods of the examples are; here it keeps running, and has a shell. */
  static final String WEB = "docker.io/library/nginx:stable";

  private final Path folder;
  private final String address;
  private final Process process;
  private final AtExit atExit;

  private Node(Path folder, String address, Process process) {
    this.folder = folder;
    this.address = address;
    this.process = process;
    this.atExit = new AtExit(this::end);
  }

  /**
   * Starts containerd and gives it the images; kubelet is started by {@link #join}.
   *
   * @param folder for all that it keeps
   */
  @MustBeClosed
  static Node start(Path folder) throws IOException, InterruptedException {
    Optional<String> trouble = trouble();
    trouble.ifPresent(why -> System.out.println("kubernetes left out: " + why));
    assumeTrue(trouble.isEmpty(), trouble.orElse(""));
    var random = ThreadLocalRandom.current();
    String address = "10.97.%d.%d".formatted(random.nextInt(256), random.nextInt(1, 255));
    Files.createDirectories(folder);
    Process process =
        new ProcessBuilder(SCRIPTS.resolve("node").toString(), folder.toString(), address)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("node.log").toFile())
            .start();
    var node = new Node(folder, address, process);
    try {
      node.await("the node", () -> node.log("node").contains("ready\n"));
      node.startContainerd();
      node.loadImages();
      return node;
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      node.close();
      throw e;
    }
  }

  /** Why this machine can have no such node; empty when it can. */
  private static Optional<String> trouble() throws IOException, InterruptedException {
    if (SingleNode.contained()) {
      return Optional.of("Ceph is in a container, which is not in the node's network");
    }
    if (!Files.isExecutable(Path.of("/usr/lib/cni/ptp"))) {
      return Optional.of("no /usr/lib/cni/ptp, which containernetworking-plugins has");
    }
    Process attempt =
        new ProcessBuilder("unshare", "--mount", "--net", "--pid", "--fork", "true")
            .redirectErrorStream(true)
            .start();
    String said =
        new String(attempt.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (attempt.waitFor() != 0) {
      return Optional.of("no namespaces for a node: " + said);
    }
    for (String file : List.of("cephcsi.tar.gz", "base-trixie.tar")) {
      if (!Files.exists(IMAGES.resolve(file))) {
        return Optional.of("no %s: ./dev image makes it".formatted(IMAGES.resolve(file)));
      }
    }
    return Optional.empty();
  }

  private void startContainerd() throws IOException, InterruptedException {
    Path configuration =
        Files.writeString(
            folder.resolve("containerd.toml"),
            """
            version = 2
            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "%s"
              restrict_oom_score_adj = true
            [plugins."io.containerd.grpc.v1.cri".cni]
              bin_dir = "/usr/lib/cni"
            """
                .formatted(PAUSE));
    start("containerd", List.of("containerd", "--config=" + configuration));
    await("containerd", () -> tryRun(List.of("ctr", "version")).exit() == 0);
  }

  private void loadImages() throws IOException, InterruptedException {
    List<String> images = new ArrayList<>();
    images.add("%s=%s".formatted(PAUSE, Programs.of("pause")));
    images.add(WEB + "=trap 'exit 0' TERM; sleep infinity & wait");
    for (String program : Sidecars.programs()) {
      images.add(
          "%s:%s=%s"
              .formatted(
                  Sidecars.repository(program), Programs.tag(program), Programs.of(program)));
    }
    var _ =
        run(
            "bash",
            "-c",
            "set -o pipefail; zcat %s | ctr --namespace=k8s.io images import -"
                .formatted(IMAGES.resolve("cephcsi.tar.gz")));
    List<String> make =
        new ArrayList<>(
            List.of(
                "bash",
                "-c",
                "set -o pipefail; \"$@\" | ctr --namespace=k8s.io images import -",
                "bash",
                SCRIPTS.resolve("images").toString(),
                IMAGES.resolve("base-trixie.tar").toString()));
    make.addAll(images);
    var _ = run(make.toArray(String[]::new));
  }

  /** Starts kubelet, and waits until Kubernetes takes the node for a good one. */
  void join(ControlPlane plane, Map<String, String> labels)
      throws IOException, InterruptedException {
    Path configuration =
        Files.writeString(
            folder.resolve("kubelet.yaml"),
            """
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
            authorization: {mode: AlwaysAllow}
            containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
            cgroupDriver: cgroupfs
            cgroupRoot: /cephcsi-node-%s
            failCgroupV1: false
            failSwapOn: false
            # When it looks at a pod again, for instance whether a volume of it has grown.
            syncFrequency: 10s
            # The machine's disk and memory are not the node's alone.
            evictionHard:
              {memory.available: 0%%, nodefs.available: 0%%, nodefs.inodesFree: 0%%,
               imagefs.available: 0%%, imagefs.inodesFree: 0%%}
            imageGCHighThresholdPercent: 100
            """
                .formatted(address));
    List<String> command =
        new ArrayList<>(
            List.of(
                Programs.of("kubelet").toString(),
                "--config=" + configuration,
                "--kubeconfig=" + plane.kubeconfig(),
                "--hostname-override=" + NAME,
                "--node-ip=" + address));
    if (!labels.isEmpty()) {
      command.add("--node-labels=" + labels.toString().replaceAll("[{} ]", ""));
    }
    start("kubelet", command);
    try {
      var _ =
          plane
              .kubectl()
              .await(
                  node -> node.at("/status/conditions").toString().contains("KubeletReady"),
                  "node/" + NAME);
    } catch (AssertionError e) {
      throw new AssertionError("no node is ready; kubelet says:\n" + log("kubelet"), e);
    }
  }

  private void start(String name, List<String> command) throws IOException {
    var _ =
        new ProcessBuilder(inside(command))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".log").toFile())
            .start();
  }

  /** How a command ended. */
  record Outcome(int exit, String output) {}

  /** Runs a command on the node to its end. */
  String run(String... command) throws IOException, InterruptedException {
    Outcome outcome = tryRun(List.of(command));
    if (outcome.exit() != 0) {
      throw new IOException("%s: %s".formatted(List.of(command), outcome.output()));
    }
    return outcome.output().strip();
  }

  private Outcome tryRun(List<String> command) throws IOException, InterruptedException {
    Process run = new ProcessBuilder(inside(command)).redirectErrorStream(true).start();
    run.getOutputStream().close();
    String output = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(run.waitFor(), output);
  }

  private List<String> inside(List<String> command) {
    List<String> all = new ArrayList<>(inNetwork());
    all.addAll(
        List.of(
            "nsenter",
            "--mount=" + namespace("mnt"),
            "--pid=" + namespace("pid_for_children"),
            "env",
            "--chdir=/"));
    all.addAll(command);
    return all;
  }

  /** What runs the command after it in the node's network. */
  List<String> inNetwork() {
    return List.of("nsenter", "--net=" + network());
  }

  /** Its network. */
  Path network() {
    return namespace("net");
  }

  private Path namespace(String kind) {
    return Path.of("/proc/%d/ns/%s".formatted(process.pid(), kind));
  }

  /** Its own address. */
  String address() {
    return address;
  }

  /** What of a driver's volumes is mounted on it, and the processes behind them. */
  List<String> inUse(Chart chart) throws IOException, InterruptedException {
    String program = chart == Chart.RBD ? "qemu-storage-daemon" : "ceph-fuse";
    return run(
            "bash",
            "-c",
            """
            grep -o '/var/lib/kubelet/[^ ]*%1$s.csi[^ ]*' /proc/self/mountinfo
            grep -o '/var/lib/kubelet/[^ ]*kubernetes.io~csi[^ ]*' /proc/self/mountinfo
            pgrep --list-full --full '^%2$s |[/]%2$s '
            true
            """
                .formatted(chart.name().toLowerCase(Locale.ROOT), program))
        .lines()
        .toList();
  }

  /** What one of its programs has said. */
  private String log(String name) throws IOException {
    Path log = folder.resolve(name + ".log");
    return Files.exists(log) ? Files.readString(log) : "";
  }

  /** A question that may take a while to be answered with yes. */
  @FunctionalInterface
  private interface Question {
    boolean holds() throws IOException, InterruptedException;
  }

  private void await(String what, Question question) throws IOException, InterruptedException {
    long end = System.nanoTime() + START.toNanos();
    while (!question.holds()) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new IOException(
            "%s does not start:\n%s%s".formatted(what, log("node"), log("containerd")));
      }
      Thread.sleep(100);
    }
  }

  /** Its script ends when it can read no more, and takes away all that it has. */
  private void end() {
    try {
      process.getOutputStream().close();
      if (process.waitFor(60, TimeUnit.SECONDS)) {
        return;
      }
    } catch (IOException e) {
      System.err.println("node: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
  }

  @Override
  public void close() {
    end();
    atExit.close();
  }
}
