package io.cephcsi.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.cephcsi.e2e.CephShell;
import io.cephcsi.e2e.Checkout;
import io.cephcsi.e2e.ThrowawayCeph;
import io.cephcsi.e2e.charts.Chart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A release as the guides tell to make it, look into it, upgrade it, and come to it from ceph-csi:
 * each of their commands for Kubernetes is run.
 */
@Tag("kubernetes")
class GuidesOnKubernetesIT {
  private static final Pattern VALUES = Pattern.compile("(?ms)^```yaml\\n(csiConfig:.*?)^```");
  private static final String NAMESPACE = "ceph-csi";

  @TempDir static Path folder;
  private static final Deque<AutoCloseable> running = new ArrayDeque<>();
  private static ControlPlane plane;
  private static ThrowawayCeph ceph;
  private String provisioner = "";
  private String onNode = "";

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after the test
  static void start() throws Exception {
    Node node = Node.start(folder.resolve("node"));
    running.push(node);
    ceph = ThrowawayCeph.startBy(node.inNetwork(), "--no-cephfs", "--address", node.address());
    running.push(ceph);
    plane = ControlPlane.start(node, folder.resolve("plane"));
    running.push(plane);
    node.join(plane, Map.of());
    Files.writeString(folder.resolve("rbd-values.yaml"), values());
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable each : running) {
      each.close();
    }
  }

  @Test
  void everyCommand_doesWhatIsSaid() throws Exception {
    install();
    look();
    upgrade();
    comeFromCephCsi();
  }

  private void install() throws Exception {
    PageCommands guide = page("docs/guides/install.md");
    guide.run("helm install");
    awaitRunning();
    assertThat(guide.run("kubectl -n ceph-csi get pods")).contains("Running");
    guide.run("kubectl apply");
    awaitBound();
    assertThat(guide.run("kubectl get pvc")).contains("rbd-pvc", "Bound");
    var _ = plane.kubectl().run("wait", "--for=condition=Ready", "pod/rbd-pod", "--timeout=100s");
    guide.requireAllRun();
  }

  private void look() throws Exception {
    PageCommands metrics = page("docs/metrics.md");
    metrics.run("kubectl");
    metrics.requireAllRun();
    PageCommands troubleshooting = page("docs/guides/troubleshooting.md");
    assertThat(troubleshooting.runOthers())
        .contains("CreateVolume OK", "NodeStageVolume", "rbd.csi.ceph.com");
    // So that there is a container that has ended.
    end("csi-rbdplugin");
    PageCommands runbooks = page("docs/runbooks.md");
    // What the driver that has ended was asked for by the page before.
    assertThat(runbooks.runOthers()).contains("Full thread dump", "config.json", "ceph v");
  }

  /** Ends the driver on the node, and waits until kubelet has started it again. */
  private void end(String container) throws Exception {
    // Its process is not 1, which is the node's.
    String signal =
        """
        for p in /proc/[0-9]*; do
          if [[ $p/ns/mnt -ef /proc/self/ns/mnt && $(<$p/comm) == java ]]; then
            kill ${p#/proc/}
          fi
        done
        """;
    var _ =
        plane
            .kubectl()
            .run("-n", NAMESPACE, "exec", onNode, "-c", container, "--", "bash", "-c", signal);
    var _ =
        plane
            .kubectl()
            .await(
                pod ->
                    Kubectl.ready(pod)
                        && Kubectl.stream(pod.at("/status/containerStatuses"))
                            .anyMatch(c -> c.path("restartCount").asInt() > 0),
                "pod/" + onNode,
                "--namespace=" + NAMESPACE);
  }

  private void upgrade() throws Exception {
    // A pod that nobody makes again on another node keeps a node from being drained.
    var _ = plane.kubectl().run("delete", "pod/rbd-pod");
    PageCommands guide = page("docs/guides/upgrade.md");
    guide.run("helm upgrade");
    awaitRunning();
    guide.run("kubectl drain");
    guide.run("kubectl -n ceph-csi delete pod");
    guide.run("kubectl uncordon");
    awaitRunning();
    guide.run("helm rollback");
    awaitRunning();
    guide.requireAllRun();
  }

  private void comeFromCephCsi() throws Exception {
    PageCommands guide = page("docs/guides/migrate-from-ceph-csi.md");
    guide.run("kubectl get csidrivers", "helm list", "kubectl get storageclass");
    guide.run("helm get values", "helm upgrade");
    // "… delete it and repeat"
    guide.run("kubectl delete csidriver");
    guide.run("helm upgrade");
    assertThat(plane.kubectl().get("csidriver/rbd.csi.ceph.com").isMissingNode()).isFalse();
    guide.run("kubectl -n ceph-csi rollout status");
    guide.run("kubectl apply -f examples/rbd/pvc.yaml");
    awaitBound();
    guide.run("helm history", "helm rollback");
    awaitRunning();
    var _ = plane.kubectl().run("delete", "pvc/rbd-pvc");
    plane.kubectl().awaitGone("pv");
    // Without Helm, with the ConfigMap that was there before.
    var _ = page("docs/tutorial.md", TutorialOnKubernetesIT.class).run("helm uninstall");
    Path configMap = Checkout.root().resolve("deploy/csi-config-map.yaml");
    var _ = plane.kubectl().run("apply", "--filename=" + configMap);
    guide.run("kubectl apply -f deploy/rbd/kubernetes/");
    assertThat(plane.kubectl().get("csidriver/rbd.csi.ceph.com").isMissingNode()).isFalse();
    guide.requireAllRun();
  }

  /** One provisioner, as the one node that there is can be drained then, and the node's pod. */
  private void awaitRunning() throws InterruptedException {
    for (JsonNode pod : plane.kubectl().awaitRunning(NAMESPACE, 2)) {
      String name = pod.at("/metadata/name").asText();
      if (name.contains("nodeplugin")) {
        onNode = name;
      } else {
        provisioner = name;
      }
    }
    plane.kubectl().awaitDriver(Node.NAME, "rbd.csi.ceph.com");
  }

  private void awaitBound() throws InterruptedException {
    var _ =
        plane
            .kubectl()
            .await(pvc -> pvc.at("/status/phase").asText().equals("Bound"), "pvc/rbd-pvc");
  }

  private PageCommands page(String page) {
    return page(page, GuidesOnKubernetesIT.class);
  }

  private PageCommands page(String page, Class<?> test) {
    return new PageCommands(plane, ceph, test, page, this::here);
  }

  /** The guide's values, with the cluster and the user that there are. */
  private static String values() throws Exception {
    String text = Files.readString(Checkout.root().resolve("docs/guides/install.md"));
    String values = VALUES.matcher(text).results().findFirst().orElseThrow().group(1);
    assertThat(values)
        .contains("b9127830-b0cc-4e34-aa47-9d1a2e9949a8")
        .contains("registry.example.com/cephcsi")
        .contains("AQ...");
    var shell = new CephShell(ceph);
    var _ = shell.run("ceph osd pool create replicapool 8 >&2; rbd pool init replicapool");
    String key =
        shell.run(
            """
            ceph auth get-or-create-key client.csi-rbd mon 'profile rbd' \
              osd 'profile rbd pool=replicapool' mgr 'profile rbd pool=replicapool'
            """);
    return values
        .replace("b9127830-b0cc-4e34-aa47-9d1a2e9949a8", ceph.fsid())
        .replaceAll("monitors: .*", "monitors: [\"%s\"]".formatted(ceph.monitors()))
        .replace("registry.example.com/cephcsi", "cephcsi")
        .replace("AQ...", key);
  }

  /** With the sidecars and the mounter that there are, and the files and pods of the test. */
  private String here(String command) {
    String more =
        " --set=%s,provisioner.replicaCount=1,storageClass.mounter=userspace"
            .formatted(Sidecars.values(Chart.RBD));
    String pod = command.contains("provisioner") ? provisioner : onNode;
    return command
        .replaceAll("--values (\\S+)", "--values " + folder + "/$1" + more)
        .replace("> values.yaml", "> " + folder + "/values.yaml")
        .replace("registry.example.com/cephcsi", "cephcsi")
        .replace("REVISION", "1")
        .replace("NODE ", Node.NAME + " ")
        .replace("uncordon NODE", "uncordon " + Node.NAME)
        .replaceAll("-n (NS|NAMESPACE) ", "-n " + NAMESPACE + " ")
        .replaceAll(" POD\\b", " " + pod)
        .replace("192.168.1.1/6789", ceph.monitors().replace(":", "/"))
        // There need be no such line.
        .replaceAll("\\| grep (-i purge|'still runs'|-v ' OK ')", "| (grep $1 || true)");
  }
}
