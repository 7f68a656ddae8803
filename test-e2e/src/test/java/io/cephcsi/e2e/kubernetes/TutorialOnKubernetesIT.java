package io.cephcsi.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.e2e.CephShell;
import io.cephcsi.e2e.Checkout;
import io.cephcsi.e2e.ThrowawayCeph;
import io.cephcsi.e2e.charts.Chart;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tutorial's commands for Kubernetes do what it says, as far as they need no kubelet. */
@Tag("kubernetes")
class TutorialOnKubernetesIT {
  private static final Pattern VALUES = Pattern.compile("(?ms)^```yaml\\n(.*?)^```");
  private static final Pattern COMMAND =
      Pattern.compile("(?m)^    ((?:kubectl|helm|\\./bin)\\b.*)$");

  /** What waits for a person, or for a pod that runs. */
  private static final Pattern OF_KUBELET = Pattern.compile(".*( --watch| wait | exec ).*");

  @TempDir Path folder;

  private final int port = ControlPlane.freePort();

  TutorialOnKubernetesIT() throws IOException {}

  @Test
  void everyCommand_doesWhatIsSaid() throws Exception {
    String text = Files.readString(Checkout.root().resolve("docs/tutorial.md"));
    List<String> commands = matches(COMMAND, text);
    assertThat(commands).hasSizeGreaterThan(8);
    try (ThrowawayCeph ceph = ThrowawayCeph.start("--no-cephfs");
        ControlPlane plane = ControlPlane.start(folder.resolve("plane"))) {
      Files.writeString(
          folder.resolve("values.yaml"), values(matches(VALUES, text).getFirst(), ceph));
      run(plane, ceph, commands, "helm install");
      try (Pod provisioner =
          Pod.start(
              plane,
              folder.resolve("provisioner"),
              "node-1",
              "ceph-csi",
              "deployment/ceph-csi-rbd-provisioner")) {
        run(plane, ceph, commands, "kubectl apply");
        var _ =
            plane
                .kubectl()
                .await(found -> found.at("/status/phase").asText().equals("Bound"), "pvc/rbd-pvc");
        String volume = plane.kubectl().get("pvc/rbd-pvc").at("/spec/volumeName").asText();
        assertThat(run(plane, ceph, commands, "./bin/cephcsi volumes show")).contains(volume);
        run(plane, ceph, commands, "kubectl delete");
        plane.kubectl().awaitGone("pv");
        awaitNothing(new CephShell(ceph));
        assertThat(provisioner.restarts()).isEmpty();
        assertThat(plane.refusals("ceph-csi")).isEmpty();
      }
      run(plane, ceph, commands, "helm uninstall");
    }
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

  /** Runs the commands that begin so, each of which must end well. */
  private String run(ControlPlane plane, ThrowawayCeph ceph, List<String> all, String beginning)
      throws Exception {
    List<String> commands =
        all.stream()
            .filter(c -> c.startsWith(beginning) && !OF_KUBELET.matcher(c).matches())
            .map(this::here)
            .toList();
    assertThat(commands).as(beginning).isNotEmpty();
    Path log = Files.createTempFile(folder, "commands", ".log");
    var builder =
        new ProcessBuilder("bash", "-euxc", String.join("\n", commands))
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

  /** With the sidecars that there are, and the files of the test. */
  private String here(String command) {
    return command
        .replace(
            "--values values.yaml",
            "--values %s %s".formatted(folder.resolve("values.yaml"), sidecars()))
        .replace("--ceph-conf /tmp/tutorial/ceph.conf", "--ceph-conf $CEPH_CONF");
  }

  private String sidecars() {
    return "--set=%s,provisioner.httpMetrics.containerPort=%d"
        .formatted(Sidecars.values(Chart.RBD), port);
  }
}
