package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.ProbeRequest;
import io.cephcsi.e2e.charts.Chart;
import io.cephcsi.e2e.charts.Helm;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image as the charts' DaemonSets run it: volumes are seen outside of its container, and live
 * on when that is exchanged for another one, as an upgrade does. {@code ./dev image --test} runs
 * this.
 */
@EnabledIfEnvironmentVariable(named = "IMAGE", matches = ".+")
final class NodePluginIT {
  private static final Duration START = Duration.ofSeconds(60);

  private final DockerImage image = new DockerImage(Objects.requireNonNull(System.getenv("IMAGE")));
  private int port;

  @TempDir Path folder;

  /** As kubelet's folder is on a node: what is mounted in a container is seen outside. */
  @BeforeEach
  void shareTheFolder() throws Exception {
    Files.createDirectories(kubelet().resolve("plugins"));
    Files.createDirectories(kubelet().resolve("plugins_registry"));
    run("mount", "--bind", kubelet().toString(), kubelet().toString());
    run("mount", "--make-rshared", kubelet().toString());
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
  }

  @AfterEach
  void unshareIt() throws Exception {
    run("umount", "--recursive", kubelet().toString());
  }

  private Path kubelet() {
    return folder.resolve("k");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
  }

  @Test
  void rbd_volumeOutlivesTheContainer() throws Exception {
    try (ThrowawayCeph ceph = ThrowawayCeph.start("--no-cephfs");
        DriverProcess controller = DriverProcess.start(ceph, "--controllerserver")) {
      var life =
          new VolumeLife(
              "pvc-image",
              ceph.pool(),
              ceph.credentials(),
              kubelet().resolve("plugins"),
              Map.of("mounter", "userspace"));
      outlives(Chart.RBD, ceph, controller, life);
    }
    try (Stream<Path> left = Files.list(kubelet().resolve("plugins/rbd.csi.ceph.com.state"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void cephFs_volumeOutlivesTheContainer() throws Exception {
    try (ThrowawayCeph ceph = ThrowawayCeph.start();
        DriverProcess controller = DriverProcess.startCephFs(ceph, "--controllerserver")) {
      var life = VolumeLife.onCephFs(ceph, "pvc-image", kubelet().resolve("plugins"));
      outlives(Chart.CEPHFS, ceph, controller, life);
    }
  }

  private void outlives(Chart chart, ThrowawayCeph ceph, DriverProcess controller, VolumeLife life)
      throws Exception {
    List<ObjectNode> objects = rendered(chart, ceph);
    Steps steps = new Steps(life);
    steps.run(controller.client(), "CreateVolume");
    try (DockerImage.Container container = start(objects, chart);
        CsiClient node = client(chart, container)) {
      steps.run(node, "NodeStageVolume", "NodePublishVolume", "write 32 MiB", "read back");
      kubeletAndPrometheusAsk(objects);
    }
    steps.run(controller.client(), "read again", "write 32 MiB", "ControllerExpandVolume");
    try (DockerImage.Container container = start(objects, chart);
        CsiClient node = client(chart, container)) {
      if (chart == Chart.RBD) {
        steps.run(node, "NodeExpandVolume");
      }
      steps.run(node, "NodeGetVolumeStats", "NodeStageVolume", "NodePublishVolume", "read again");
      steps.run(node, "NodeUnpublishVolume", "NodeUnstageVolume");
    }
    steps.run(controller.client(), "DeleteVolume");
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .doesNotContain(life.folder().toString());
  }

  /** What is done with the volume, told on the way. */
  private record Steps(VolumeLife life) {
    void run(CsiClient client, String... steps) throws IOException {
      for (String step : steps) {
        System.out.println("image: " + step + " " + life.run(step, client));
      }
    }
  }

  private List<ObjectNode> rendered(Chart chart, ThrowawayCeph ceph) throws IOException {
    var cluster =
        Map.of("clusterID", DriverProcess.CLUSTER_ID, "monitors", ceph.monitors().split(",", -1));
    return Helm.found()
        .template(
            chart,
            "release",
            "--set=kubeletDir=" + kubelet(),
            "--set=selinuxMount=false",
            "--set=nodeplugin.httpMetrics.containerPort=" + port,
            "--set-json=csiConfig=" + new JsonMapper().writeValueAsString(List.of(cluster)));
  }

  @MustBeClosed
  private DockerImage.Container start(List<ObjectNode> objects, Chart chart) throws Exception {
    Files.deleteIfExists(socket(chart)); // so that it is the new one's when it is there again
    var container =
        PodContainer.ofDaemonSet(
            objects, "csi-%splugin".formatted(chart.driver()), folder.resolve("pod"));
    return image.start(container.options(), container.container().arguments());
  }

  private Path socket(Chart chart) {
    return kubelet().resolve("plugins/%s.csi.ceph.com/csi.sock".formatted(chart.driver()));
  }

  @MustBeClosed
  private CsiClient client(Chart chart, DockerImage.Container container) throws Exception {
    long end = System.nanoTime() + START.toNanos();
    while (!Files.exists(socket(chart)) || !answers(socket(chart))) {
      assertThat(System.nanoTime()).as(container.log()).isLessThan(end);
      Thread.sleep(50);
    }
    return new CsiClient(socket(chart));
  }

  private static boolean answers(Path socket) {
    try (var client = new CsiClient(socket)) {
      var _ = client.identity().probe(ProbeRequest.getDefaultInstance());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** The container beside the driver's, at the path of kubelet's probe and at Prometheus'. */
  private void kubeletAndPrometheusAsk(List<ObjectNode> objects) throws Exception {
    var container = PodContainer.ofDaemonSet(objects, "liveness-prometheus", folder.resolve("pod"));
    try (DockerImage.Container liveness =
            image.start(container.options(), container.container().arguments());
        HttpClient http = HttpClient.newHttpClient()) {
      // As kubelet, which asks again.
      long end = System.nanoTime() + START.toNanos();
      for (var health = get(http, liveness, "/healthz");
          health.statusCode() != 200;
          health = get(http, liveness, "/healthz")) {
        assertThat(System.nanoTime()).as(health.body()).isLessThan(end);
        Thread.sleep(50);
      }
      assertThat(get(http, liveness, "/metrics").body()).contains("csi_liveness 1.0");
    }
  }

  private HttpResponse<String> get(HttpClient http, DockerImage.Container container, String path)
      throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      try {
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      } catch (IOException e) {
        assertThat(System.nanoTime()).as(container.log()).isLessThan(end);
        Thread.sleep(50);
      }
    }
  }
}
