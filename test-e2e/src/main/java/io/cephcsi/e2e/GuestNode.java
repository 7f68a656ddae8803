package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.NodeGetVolumeHealthRequest;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What the guest shows of one node: where it maps, rbd-nbd whose process ends, an ill filesystem.
 */
final class GuestNode {
  private static final Path FOLDER = Path.of("/mnt/volumes");
  private static final Path DEVICES = Path.of("/sys/bus/rbd/devices");
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> STAGED =
      List.of("CreateVolume", "NodeStageVolume", "NodePublishVolume", "write 32 MiB");
  private static final List<String> ENDED =
      List.of("read back", "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");

  private final ThrowawayCeph ceph;

  GuestNode(ThrowawayCeph ceph) {
    this.ceph = ceph;
  }

  @MustBeClosed
  private DriverProcess driver(String... more) throws IOException, InterruptedException {
    List<String> flags =
        new ArrayList<>(
            List.of(
                "--controllerserver",
                "--nodeserver",
                "--nodeid=node1",
                "--keyring=" + ceph.entry("keyring")));
    flags.addAll(List.of(more));
    return DriverProcess.start(ceph, flags.toArray(String[]::new));
  }

  /** Maps in another network namespace, and as one that reads from near OSDs. */
  void place() throws Exception {
    must(
        "ip netns add storage && ip link add link vec0 name far0 type macvlan mode bridge"
            + " && ip link set far0 netns storage"
            + " && ip -n storage addr add 10.99.7.12/24 dev far0 && ip -n storage link set lo up"
            + " && ip -n storage link set far0 up");
    try (DriverProcess driver =
            driver("--topology=topology.kubernetes.io/zone=z.1", "--enable-read-affinity");
        var remains = new Remains(ceph, FOLDER)) {
      driver.configure(
          ceph,
          Map.of(
              "rbd", Map.of("netNamespaceFilePath", "/run/netns/storage"),
              "readAffinity",
                  Map.of(
                      "enabled",
                      true,
                      "crushLocationLabels",
                      List.of("topology.kubernetes.io/zone"))));
      var life = new VolumeLife("pvc-place", ceph.pool(), ceph.credentials(), FOLDER);
      run(life, driver, STAGED);
      Path device = only();
      String options = Files.readString(device.resolve("config_info")).strip();
      String client = Files.readString(device.resolve("client_addr")).strip();
      System.out.println("guest: " + client + " " + options);
      Expect.that(options.contains("read_from_replica=localize"), "reads are from near OSDs");
      Expect.that(options.contains("crush_location=zone:z-1"), "the node says where it is");
      Expect.that(client.startsWith("10.99.7.12:"), "the client is in the network namespace");
      run(life, driver, ENDED);
      driver.configure(ceph, Map.of("rbd", Map.of("netNamespaceFilePath", "/run/netns/none")));
      Expect.that(
          refusal(life, driver).contains("/run/netns/none is missing"),
          "a network namespace that is missing is named");
      Expect.that(remains.awaitNothing(PATIENCE).isEmpty(), "nothing is left");
    }
  }

  private static String refusal(VolumeLife life, DriverProcess driver) throws IOException {
    String refusal = "";
    var _ = life.run("CreateVolume", driver.client());
    try {
      var _ = life.run("NodeStageVolume", driver.client());
    } catch (RuntimeException e) {
      refusal = String.valueOf(e.getMessage());
      System.out.println("guest: " + refusal);
    }
    run(life, driver, List.of("NodeUnstageVolume", "DeleteVolume"));
    return refusal;
  }

  /**
   * Writes on while the process behind its device is killed, and while it is killed together with
   * the driver: all that was acknowledged is there, and what waited goes on.
   */
  void nbd() throws Exception {
    try (DriverProcess driver = driver();
        var remains = new Remains(ceph, FOLDER)) {
      var life =
          new VolumeLife(
              "pvc-nbd", ceph.pool(), ceph.credentials(), FOLDER, Map.of("mounter", "rbd-nbd"));
      run(life, driver, STAGED);
      Path log = life.folder().resolve("pod/mount/log");
      writeWhile(log, 1, () -> killNbd());
      writeWhile(
          log,
          2,
          () -> {
            killNbd();
            driver.kill();
            driver.restart();
          });
      run(
          life,
          driver,
          List.of("read back", "ControllerExpandVolume", "NodeExpandVolume", "NodeGetVolumeStats"));
      run(life, driver, ENDED.subList(0, ENDED.size() - 1));
      Expect.that(nbdProcesses().isEmpty(), "no rbd-nbd is left");
      deleteWhenForgotten(life, driver);
      List<String> left = remains.awaitNothing(PATIENCE);
      Expect.that(left.isEmpty(), "nothing is left: " + left);
    }
  }

  /**
   * The cluster listens for half a minute for clients that were killed, and counts them so long.
   */
  private static void deleteWhenForgotten(VolumeLife life, DriverProcess driver)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        var _ = life.run("DeleteVolume", driver.client());
        return;
      } catch (StatusRuntimeException e) {
        Expect.that(
            e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION && System.nanoTime() < end,
            "the volume is deleted: " + e.getMessage());
        Thread.sleep(1000);
      }
    }
  }

  /** Lets ext4 meet an error, and sees that the volume's health tells of it. */
  void ill() throws Exception {
    try (DriverProcess driver = driver();
        var remains = new Remains(ceph, FOLDER)) {
      var life = new VolumeLife("pvc-ill", ceph.pool(), ceph.credentials(), FOLDER);
      run(life, driver, STAGED);
      Expect.that(health(life, driver).isEmpty(), "a healthy volume has no problem");
      String device = "rbd" + only().getFileName();
      Files.writeString(
          Path.of("/sys/fs/ext4", device, "trigger_fs_error"),
          "as a test has it",
          StandardOpenOption.WRITE);
      List<VolumeHealthEntry> problems = health(life, driver);
      problems.forEach(p -> System.out.println("guest: " + p.getReason() + ": " + p.getMessage()));
      Expect.that(
          problems.stream().anyMatch(p -> p.getReason().equals("FilesystemErrors")),
          "the error is told");
      must("mount -o remount,ro,abort " + life.folder().resolve("pod/mount") + " || true");
      problems = health(life, driver);
      problems.forEach(p -> System.out.println("guest: " + p.getReason() + ": " + p.getMessage()));
      Expect.that(!problems.isEmpty(), "a filesystem that takes no writes is told");
      run(life, driver, List.of("NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume"));
      Expect.that(remains.awaitNothing(PATIENCE).isEmpty(), "nothing is left");
    }
  }

  private static List<VolumeHealthEntry> health(VolumeLife life, DriverProcess driver) {
    return driver
        .client()
        .node()
        .nodeGetVolumeHealth(
            NodeGetVolumeHealthRequest.newBuilder()
                .setVolumeId(life.volume().getVolumeId())
                .setStagingTargetPath(life.folder().resolve("staging").toString())
                .build())
        .getVolumeHealth()
        .getHealthStatusesList();
  }

  /** What happens while a pod writes. */
  private interface Event {
    void happen() throws Exception;
  }

  /** Appends blocks, each on disk before the next, with the event after the tenth. */
  private static void writeWhile(Path log, int value, Event event) throws Exception {
    byte[] block = new byte[4096];
    Arrays.fill(block, (byte) value);
    int blocks = 30;
    long started = System.nanoTime();
    try (FileChannel file =
        FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.truncate(0);
      for (int i = 0; i < blocks; i++) {
        if (i == 10) {
          event.happen();
        }
        var _ = file.write(ByteBuffer.wrap(block));
        file.force(true);
      }
    }
    long millis = (System.nanoTime() - started) / 1_000_000;
    System.out.printf("guest: %d blocks written in %d ms%n", blocks, millis);
    must("echo 3 > /proc/sys/vm/drop_caches");
    byte[] read = Files.readAllBytes(log);
    Expect.that(read.length == blocks * block.length, "all blocks are there");
    for (byte each : read) {
      Expect.that(each == value, "every byte is as it was written");
    }
  }

  private static void killNbd() throws IOException {
    List<ProcessHandle> processes = nbdProcesses();
    Expect.that(!processes.isEmpty(), "rbd-nbd runs");
    processes.forEach(ProcessHandle::destroyForcibly);
  }

  private static List<ProcessHandle> nbdProcesses() {
    return ProcessHandle.allProcesses().filter(GuestNode::isNbd).toList();
  }

  private static boolean isNbd(ProcessHandle process) {
    try {
      Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
      return Files.readString(file, StandardCharsets.ISO_8859_1).startsWith("rbd-nbd\0");
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  private static Path only() throws IOException {
    try (Stream<Path> devices = Files.list(DEVICES)) {
      List<Path> all = devices.toList();
      Expect.that(all.size() == 1, "the kernel has one image mapped");
      return all.getFirst();
    }
  }

  private static void run(VolumeLife life, DriverProcess driver, List<String> steps)
      throws IOException {
    life.tell("guest", driver.client(), steps.toArray(String[]::new));
  }

  private static void must(String script) throws IOException, InterruptedException {
    Expect.that(new ProcessBuilder("sh", "-c", script).inheritIO().start().waitFor() == 0, script);
  }
}
