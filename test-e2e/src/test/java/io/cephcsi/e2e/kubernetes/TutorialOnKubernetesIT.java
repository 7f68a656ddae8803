package io.cephcsi.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.e2e.CephShell;
import io.cephcsi.e2e.Checkout;
import io.cephcsi.e2e.ThrowawayCeph;
import io.cephcsi.e2e.charts.Chart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tutorial's commands for Kubernetes do what it says. */
@Tag("kubernetes")
class TutorialOnKubernetesIT {
  private static final Pattern VALUES = Pattern.compile("(?ms)^```yaml\\n(.*?)^```");
  private static final String PAGE = "docs/tutorial.md";

  @TempDir Path folder;

  /** One of the driver's. */
  private String pod = "";

  @Test
  void everyCommand_doesWhatIsSaid() throws Exception {
    String text = Files.readString(Checkout.root().resolve(PAGE));
    try (Node node = Node.start(folder.resolve("node"));
        ThrowawayCeph ceph =
            ThrowawayCeph.startBy(node.inNetwork(), "--no-cephfs", "--address", node.address());
        ControlPlane plane = ControlPlane.start(node, folder.resolve("plane"))) {
      node.join(plane, Map.of());
      Files.writeString(folder.resolve("values.yaml"), values(firstMatch(VALUES, text), ceph));
      var steps = new PageCommands(plane, ceph, TutorialOnKubernetesIT.class, PAGE, this::here);
      steps.run("helm install");
      steps.watch("kubectl -n ceph-csi get pods --watch", lines -> running(lines) == 4);
      List<JsonNode> pods = plane.kubectl().awaitRunning("ceph-csi", 4);
      pod = pods.getFirst().at("/metadata/name").asText();
      steps.run("kubectl -n ceph-csi logs");
      steps.run("kubectl apply -f examples/rbd/pvc.yaml");
      steps.watch(
          "kubectl get pvc rbd-pvc --watch",
          lines -> lines.stream().anyMatch(line -> line.matches("rbd-pvc +Bound .*")));
      steps.run("kubectl apply -f examples/rbd/pod.yaml", "kubectl wait", "kubectl exec");
      assertThat(page(plane)).isEqualTo("it lives in Ceph");
      // "Delete the pod, make it again, and the file is still there."
      var _ = plane.kubectl().run("delete", "pod/rbd-pod");
      steps.run("kubectl apply -f examples/rbd/pod.yaml", "kubectl wait");
      assertThat(page(plane)).isEqualTo("it lives in Ceph");
      String volume = plane.kubectl().get("pvc/rbd-pvc").at("/spec/volumeName").asText();
      assertThat(steps.run("./bin/cephcsi volumes show")).contains(volume);
      steps.run("kubectl delete");
      plane.kubectl().awaitGone("pv");
      assertThat(node.inUse(Chart.RBD)).isEmpty();
      awaitNothing(new CephShell(ceph));
      assertThat(plane.refusals("ceph-csi")).isEmpty();
      steps.run("helm uninstall");
      steps.requireAllRun();
    }
  }

  /** How many pods are, in the last line of each, Running with all their containers. */
  private static long running(List<String> lines) {
    Map<String, String> last = new TreeMap<>();
    lines.stream()
        .map(line -> line.split(" +", -1))
        .filter(words -> words.length > 2)
        .forEach(words -> last.put(words[0], words[1] + " " + words[2]));
    return last.values().stream().filter(state -> state.matches("(\\d+)/\\1 Running")).count();
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

  private static String firstMatch(Pattern pattern, String text) {
    return pattern.matcher(text).results().findFirst().orElseThrow().group(1);
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

  /** With the sidecars that there are, and the files of the test. */
  private String here(String command) {
    return command
        .replace(
            "--values values.yaml",
            "--values %s --set=%s"
                .formatted(folder.resolve("values.yaml"), Sidecars.values(Chart.RBD)))
        .replace("--ceph-conf /tmp/tutorial/ceph.conf", "--ceph-conf $CEPH_CONF")
        .replace(" POD", " " + pod);
  }
}
