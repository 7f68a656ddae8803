package io.cephcsi.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.cephcsi.e2e.CephShell;
import io.cephcsi.e2e.Checkout;
import io.cephcsi.e2e.ThrowawayCeph;
import io.cephcsi.e2e.charts.Chart;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tutorial's commands for Kubernetes do what it says. */
@Tag("kubernetes")
class TutorialOnKubernetesIT {
  private static final Pattern VALUES = Pattern.compile("(?ms)^```yaml\\n(.*?)^```");
  private static final Pattern COMMAND =
      Pattern.compile("(?m)^    ((?:kubectl|helm|\\./bin)\\b.*)$");

  /** What waits for a person to have seen enough. */
  private static final String WATCH = "--watch";

  @TempDir Path folder;

  @Test
  void everyCommand_doesWhatIsSaid() throws Exception {
    String text = Files.readString(Checkout.root().resolve("docs/tutorial.md"));
    List<String> commands = matches(COMMAND, text);
    assertThat(commands).hasSizeGreaterThan(8);
    try (Node node = Node.start(folder.resolve("node"));
        ThrowawayCeph ceph =
            ThrowawayCeph.startBy(node.inNetwork(), "--no-cephfs", "--address", node.address());
        ControlPlane plane = ControlPlane.start(node, folder.resolve("plane"))) {
      node.join(plane, Map.of());
      Files.writeString(
          folder.resolve("values.yaml"), values(matches(VALUES, text).getFirst(), ceph));
      var steps = new Steps(plane, ceph, commands);
      steps.run("helm install");
      plane.kubectl().awaitRunning("ceph-csi", 4);
      steps.run("kubectl apply", "kubectl wait", "kubectl exec");
      assertThat(page(plane)).isEqualTo("it lives in Ceph");
      // "Delete the pod, make it again, and the file is still there."
      var _ = plane.kubectl().run("delete", "pod/rbd-pod");
      steps.run("kubectl apply", "kubectl wait");
      assertThat(page(plane)).isEqualTo("it lives in Ceph");
      String volume = plane.kubectl().get("pvc/rbd-pvc").at("/spec/volumeName").asText();
      assertThat(steps.run("./bin/cephcsi volumes show")).contains(volume);
      steps.run("kubectl delete");
      plane.kubectl().awaitGone("pv");
      assertThat(node.inUse(Chart.RBD)).isEmpty();
      awaitNothing(new CephShell(ceph));
      assertThat(plane.refusals("ceph-csi")).isEmpty();
      steps.run("helm uninstall");
    }
  }

  private static String page(ControlPlane plane) throws InterruptedException {
    return plane.kubectl().run("exec", "rbd-pod", "--", "cat", "/usr/share/nginx/html/index.html");
  }

  private static void awaitNothing(CephShell shell) throws Exception {
    String left =
        """
        rbd ls replicapool
        rbd trash ls --all replicapool
        rados -p replicapool listomapkeys csi.volumes.default
        """;
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!shell.run(left).isEmpty()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.sleep(500);
    }
  }

  private static List<String> matches(Pattern pattern, String text) {
    return pattern.matcher(text).results().map((MatchResult found) -> found.group(1)).toList();
  }

  /** As the tutorial says, what the three commands print is put in. */
  private static String values(String text, ThrowawayCeph ceph) throws Exception {
    var shell = new CephShell(ceph);
    String key =
        shell.run(
            """
            ceph osd pool create replicapool 8 >&2
            rbd pool init replicapool
            ceph auth get-or-create-key client.csi-rbd mon 'profile rbd' \
              osd 'profile rbd pool=replicapool' mgr 'profile rbd pool=replicapool'
            """);
    assertThat(text).contains("\"10.0.0.5:6791\"").contains("AQ...");
    return text.replace("4c794270-cfac-46e7-9c8e-133aed1c07de", ceph.fsid())
        .replace("\"10.0.0.5:6791\"", ceph.monitors())
        .replace("AQ...", key);
  }

  /** The tutorial's commands, in a shell that reaches Kubernetes and Ceph. */
  private final class Steps {
    private final ControlPlane plane;
    private final ThrowawayCeph ceph;
    private final List<String> all;

    Steps(ControlPlane plane, ThrowawayCeph ceph, List<String> all) {
      this.plane = plane;
      this.ceph = ceph;
      this.all = all;
    }

    /** Runs those that begin so, in the tutorial's order; each must end well. */
    @CanIgnoreReturnValue
    String run(String... beginnings) throws Exception {
      List<String> commands =
          all.stream()
              .filter(command -> Stream.of(beginnings).anyMatch(command::startsWith))
              .filter(command -> !command.contains(WATCH))
              .map(TutorialOnKubernetesIT.this::here)
              .toList();
      assertThat(commands).as("%s", List.of(beginnings)).isNotEmpty();
      Path log = Files.createTempFile(folder, "commands", ".log");
      var builder =
          new ProcessBuilder(ceph.reachedBy("bash", "-euxc", String.join("\n", commands)))
              .directory(Checkout.root().toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      String path =
          "%s:%s:%s"
              .formatted(
                  Programs.of("kubectl").getParent(),
                  Path.of(System.getenv("HELM")).getParent(),
                  System.getenv("PATH"));
      builder.environment().put("PATH", path);
      builder.environment().put("KUBECONFIG", plane.kubeconfig().toString());
      builder.environment().put("CEPH_CONF", ceph.entry("conf"));
      Process bash = builder.start();
      bash.getOutputStream().close();
      int exit = bash.waitFor();
      String said = Files.readString(log, StandardCharsets.UTF_8);
      assertThat(exit).as(said).isZero();
      return said;
    }
  }

  /** With the sidecars that there are, and the files of the test. */
  private String here(String command) {
    return command
        .replace(
            "--values values.yaml",
            "--values %s --set=%s"
                .formatted(folder.resolve("values.yaml"), Sidecars.values(Chart.RBD)))
        .replace("--ceph-conf /tmp/tutorial/ceph.conf", "--ceph-conf $CEPH_CONF");
  }
}
