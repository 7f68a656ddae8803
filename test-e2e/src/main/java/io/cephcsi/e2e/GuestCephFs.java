package io.cephcsi.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.Volume;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * What runs inside the kernel guest with the guest's own CephFS client: a volume's life with the
 * driver killed between all steps, the cost of staging, two nodes that share a volume, clients that
 * are evicted, a metadata server that does not answer.
 */
public final class GuestCephFs {
  private static final Path FOLDER = Path.of("/mnt/volumes");
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int ROUNDS = 7;

  /** A guest has its own. */
  private static final int METRICS_PORT = 9100;

  private final ThrowawayCeph ceph;
  private final Meeting meeting;
  private final AdminSubvolume admin;

  private GuestCephFs(ThrowawayCeph ceph, Meeting meeting) {
    this.ceph = ceph;
    this.meeting = meeting;
    this.admin = new AdminSubvolume(ceph);
  }

  /**
   * Runs one part; exits with 0 when all of it holds.
   *
   * @param arguments which part, the cluster's folder, the folder where nodes meet, csi-sanity
   */
  public static void main(String[] arguments) throws Exception {
    Files.createDirectories(FOLDER);
    try (ThrowawayCeph ceph = ThrowawayCeph.running(Path.of(arguments[1]))) {
      var suite = new GuestCephFs(ceph, new Meeting(Path.of(arguments[2])));
      switch (arguments[0]) {
        case "life" -> suite.life();
        case "use" -> suite.use();
        case "stage" -> suite.stage();
        case "writer" -> suite.shared("node1", SharedVolume::writer);
        case "reader" -> suite.shared("node2", SharedVolume::reader);
        case "sanity" -> suite.sanity(Path.of(arguments[3]));
        case "evicted" -> suite.evicted();
        case "silent" -> suite.metadataServerSilent();
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }
    System.out.println("guest: " + arguments[0] + " passed");
    System.exit(0);
  }

  @MustBeClosed
  private DriverProcess driver(String node) throws IOException, InterruptedException {
    return DriverProcess.startCephFs(
        ceph,
        "--controllerserver",
        "--nodeserver",
        "--nodeid=" + node,
        "--keyring=" + ceph.entry("keyring"));
  }

  private VolumeLife made(String name) throws IOException, InterruptedException {
    var life = VolumeLife.onCephFs(ceph, name, FOLDER);
    life.takeOver(admin.make(name, life.parameters()));
    return life;
  }

  private interface Part {
    void play(SharedVolume volume, DriverProcess driver) throws Exception;
  }

  private void shared(String node, Part part) throws Exception {
    try (DriverProcess driver = driver(node)) {
      part.play(new SharedVolume(ceph, meeting, FOLDER, node), driver);
      Expect.that(mounts().isEmpty(), "nothing is mounted: " + mounts());
    }
  }

  private static void run(VolumeLife life, DriverProcess driver, String... steps)
      throws IOException {
    life.tell("guest", driver.client(), steps);
  }

  private static List<String> mounts() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .filter(line -> line.contains(" " + FOLDER))
        .toList();
  }

  private void life() throws Exception {
    try (DriverProcess driver =
        DriverProcess.startCephFs(
            ceph, "--nodeserver", "--nodeid=node1", "--driver-metrics-port=" + METRICS_PORT)) {
      VolumeLife life = made("pvc-guest");
      for (String step :
          List.of(
              "NodeStageVolume",
              "NodePublishVolume",
              "write 32 MiB",
              "read back",
              "NodeGetVolumeStats",
              "NodeUnpublishVolume",
              "NodeUnstageVolume")) {
        run(life, driver, step);
        if (step.equals("NodeStageVolume")) {
          Expect.that(mounts().getFirst().contains(" - ceph "), "the kernel has mounted it");
          String key = ceph.credentials().key();
          Expect.that(mounts().stream().noneMatch(m -> m.contains(key)), "without the key");
        }
        if (step.equals("write 32 MiB")) {
          requireStaged();
        }
        driver.kill();
        driver.restart();
      }
      Expect.that(mounts().isEmpty(), "nothing is mounted: " + mounts());
    }
  }

  /**
   * The kernel of user-mode-linux has no debugfs, so that no more is told of it than {@link #use}.
   */
  private static void requireStaged() throws Exception {
    Expect.that(
        metrics().contains("cephcsi_volumes_staged{driver_name=\"cephfs.csi.ceph.com\"} 1.0"),
        "one volume is staged");
  }

  /** What a kernel with debugfs tells of a volume's reads and writes. */
  private void use() throws Exception {
    try (DriverProcess driver =
        DriverProcess.startCephFs(
            ceph, "--nodeserver", "--nodeid=node1", "--driver-metrics-port=" + METRICS_PORT)) {
      VolumeLife life = made("pvc-use");
      // As kubelet does, which is how the driver knows what it has staged.
      Files.writeString(
          life.staging().resolveSibling("vol_data.json"),
          new JsonMapper().writeValueAsString(Map.of("volumeHandle", life.volume().getVolumeId())));
      run(life, driver, "NodeStageVolume", "NodePublishVolume", "write 32 MiB", "read back");
      List<String> told =
          metrics().lines().filter(line -> line.startsWith("cephcsi_volume_")).toList();
      told.forEach(System.out::println);
      Expect.that(
          told.stream()
              .anyMatch(line ->
                  line.startsWith("cephcsi_volume_written_bytes_total{")
                      && line.contains("\"%s\"".formatted(life.volume().getVolumeId()))
                      && line.endsWith(" " + (double) (32 << 20))),
          "32 MiB were written");
      run(life, driver, "NodeUnpublishVolume", "NodeUnstageVolume");
      Expect.that(!metrics().contains("cephcsi_volume_written_bytes_total{"), "it is forgotten");
    }
  }

  private static String metrics() throws IOException, InterruptedException {
    var page = URI.create("http://127.0.0.1:%d/metrics".formatted(METRICS_PORT));
    try (var client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString()).body();
    }
  }

  private void sanity(Path program) throws Exception {
    try (DriverProcess driver = driver("node1")) {
      var parameters = Map.of("clusterID", DriverProcess.CLUSTER_ID, "fsName", ceph.entry("fs"));
      var outcome =
          new CsiSanity(program)
              .run(driver.socket(), ceph.credentials(), parameters, "mount", FOLDER);
      System.out.printf("csi-sanity in the guest, cephfs by the kernel: %s%n", outcome.summary());
      if (outcome.exit() != 0) {
        System.out.println(outcome.output());
      }
      Expect.that(outcome.exit() == 0, "csi-sanity has no failure");
      Expect.that(mounts().isEmpty(), "nothing is mounted: " + mounts());
    }
  }

  /** NodeStageVolume beside the same by hand, in turn. */
  private void stage() throws Exception {
    List<Long> ours = new ArrayList<>();
    List<Long> byHand = new ArrayList<>();
    try (DriverProcess driver = driver("node1")) {
      for (int i = -1; i < ROUNDS; i++) {
        VolumeLife life = made("pvc-stage" + i);
        long started = System.nanoTime();
        var _ = life.run("NodeStageVolume", driver.client());
        long driverMicros = (System.nanoTime() - started) / 1000;
        var _ = life.run("NodeUnstageVolume", driver.client());
        long handMicros = stageByHand(life.volume());
        if (i >= 0) {
          ours.add(driverMicros);
          byHand.add(handMicros);
        }
      }
    }
    long median = median(ours);
    long bare = median(byHand);
    System.out.printf(
        "NodeStageVolume, kernel: median %d ms; mount -t ceph by hand: %d ms; ratio %.2f%n",
        median / 1000, bare / 1000, (double) median / bare);
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private long stageByHand(Volume volume) throws IOException, InterruptedException {
    Path mountPoint = Files.createDirectories(FOLDER.resolve("hand"));
    String source =
        ceph.monitors() + ":" + volume.getVolumeContextMap().getOrDefault("subvolumePath", "");
    String options =
        "name=%s,secretfile=%s,mds_namespace=%s,_netdev"
            .formatted(ceph.credentials().user(), ceph.entry("key_file"), ceph.entry("fs"));
    long started = System.nanoTime();
    hand("mount", "-t", "ceph", source, mountPoint.toString(), "-o", options);
    long micros = (System.nanoTime() - started) / 1000;
    hand("umount", mountPoint.toString());
    return micros;
  }

  private void hand(String... command) throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command).inheritIO();
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    Expect.that(builder.start().waitFor() == 0, String.join(" ", command));
  }

  /**
   * A client that the cluster evicts comes back; if it must not by itself, at the next publishing.
   */
  private void evicted() throws Exception {
    try (DriverProcess driver = driver("node1")) {
      VolumeLife life = made("pvc-evicted");
      run(life, driver, "NodeStageVolume", "NodePublishVolume", "write 32 MiB");
      evict();
      eventually(() -> readable(life, driver));
      eventually(() -> health(life, driver).isEmpty());
      run(life, driver, "NodeUnpublishVolume", "NodeUnstageVolume");

      VolumeLife stuck = VolumeLife.onCephFs(ceph, "pvc-stuck", FOLDER);
      stuck.takeOver(
          admin.make("pvc-stuck", stuck.parameters()).toBuilder()
              .putVolumeContext("kernelMountOptions", "recover_session=no")
              .build());
      run(stuck, driver, "NodeStageVolume", "NodePublishVolume", "write 32 MiB");
      evict();
      eventually(() -> !health(stuck, driver).isEmpty());
      health(stuck, driver)
          .forEach(p -> System.out.println("guest: " + p.getReason() + ": " + p.getMessage()));
      run(stuck, driver, "NodeUnpublishVolume", "NodePublishVolume", "read back");
      Expect.that(health(stuck, driver).isEmpty(), "it is healthy again");
      run(stuck, driver, "NodeUnpublishVolume", "NodeUnstageVolume");
    }
  }

  private static boolean readable(VolumeLife life, DriverProcess driver) {
    try {
      run(life, driver, "read back");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** All clients that are a kernel's: there is one, and the manager's, which is none. */
  private void evict() throws IOException, InterruptedException {
    String server = "mds." + ceph.entry("fs") + ":0";
    int evicted = 0;
    for (JsonNode client : new JsonMapper().readTree(admin.ceph("tell", server, "client", "ls"))) {
      if (client.path("client_metadata").has("kernel_version")) {
        var _ = admin.ceph("tell", server, "client", "evict", "id=" + client.path("id").asText());
        evicted++;
      }
    }
    Expect.that(evicted > 0, "there is a client to evict");
  }

  /** The metadata server is stopped from outside. */
  private void metadataServerSilent() throws Exception {
    try (DriverProcess driver = driver("node1")) {
      VolumeLife life = made("pvc-silent");
      run(life, driver, "NodeStageVolume", "NodePublishVolume");
      Expect.that(health(life, driver).isEmpty(), "it is healthy");
      meeting.tell("staged", life.volume());
      var _ = meeting.await("stopped");
      for (int i = 0; i < 3; i++) {
        long started = System.nanoTime();
        List<VolumeHealthEntry> problems = health(life, driver);
        long millis = (System.nanoTime() - started) / 1_000_000;
        System.out.println("guest: after " + millis + " ms: " + problems);
        Expect.that(problems.size() == 1, "one problem");
        Expect.that(problems.getFirst().getReason().equals("NotAnswering"), "not answering");
        Expect.that(millis < 5000, "in time, which is two seconds and what the guest takes");
      }
      meeting.tell("told", life.volume());
      eventually(() -> health(life, driver).isEmpty());
      run(life, driver, "NodeUnpublishVolume", "NodeUnstageVolume");
    }
  }

  private static List<VolumeHealthEntry> health(VolumeLife life, DriverProcess driver) {
    return life.healthOnNode(driver.client());
  }

  private static void eventually(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      Expect.that(System.nanoTime() < end, "it does within two minutes");
      Thread.sleep(200);
    }
  }
}
