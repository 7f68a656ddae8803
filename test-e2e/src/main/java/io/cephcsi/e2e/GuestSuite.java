package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What runs inside the kernel guest, with the guest's own RBD client: a volume's life with the
 * driver killed between all steps, csi-sanity, the cost of staging, volumes that are cut at one
 * moment, and two nodes that meet in files.
 */
public final class GuestSuite {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Path DEVICES = Path.of("/sys/bus/rbd/devices");
  private static final Path FOLDER = Path.of("/mnt/volumes");
  private static final int ROUNDS = 7;

  private final ThrowawayCeph ceph;
  private final Meeting meeting;

  private GuestSuite(ThrowawayCeph ceph, Meeting meeting) {
    this.ceph = ceph;
    this.meeting = meeting;
  }

  /**
   * Runs one part of the suite; exits with 0 when all of it holds.
   *
   * @param arguments which part, the cluster's folder, the folder where nodes meet, csi-sanity
   */
  public static void main(String[] arguments) throws Exception {
    Files.createDirectories(FOLDER);
    try (ThrowawayCeph ceph = ThrowawayCeph.running(Path.of(arguments[1]))) {
      var suite = new GuestSuite(ceph, new Meeting(Path.of(arguments[2])));
      switch (arguments[0]) {
        case "life" -> suite.life();
        case "sanity" -> suite.sanity(Path.of(arguments[3]), "mount");
        case "sanity-block" -> suite.sanity(Path.of(arguments[3]), "block");
        case "stage" -> suite.stage();
        case "first" -> suite.firstNode();
        case "second" -> suite.secondNode();
        case "place" -> new GuestNode(ceph).place();
        case "nbd" -> new GuestNode(ceph).nbd();
        case "ill" -> new GuestNode(ceph).ill();
        case "group" -> new GuestGroup(ceph).run();
        case "owner" -> new GuestShared(ceph, suite.meeting, "node1").owner();
        case "peer" -> new GuestShared(ceph, suite.meeting, "node2").peer();
        case "lost" -> new GuestFencing(ceph, suite.meeting).lostNode();
        case "heir" -> new GuestFencing(ceph, suite.meeting).heir();
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }
    System.out.println("guest: " + arguments[0] + " passed");
    System.exit(0);
  }

  @MustBeClosed
  private DriverProcess driver(String node) throws IOException, InterruptedException {
    return driver(node, Map.of());
  }

  @MustBeClosed
  private DriverProcess driver(String node, Map<String, String> environment, String... more)
      throws IOException, InterruptedException {
    List<String> flags = new ArrayList<>(List.of(more));
    flags.add("--controllerserver");
    flags.add("--nodeserver");
    flags.add("--nodeid=" + node);
    flags.add("--keyring=" + ceph.entry("keyring"));
    return DriverProcess.start(ceph, environment, flags.toArray(String[]::new));
  }

  private void life() throws Exception {
    try (DriverProcess driver = driver("node1");
        var remains = new Remains(ceph, FOLDER)) {
      var life = new VolumeLife("pvc-guest", ceph.pool(), ceph.credentials(), FOLDER);
      for (VolumeLife.Step step : life.steps()) {
        life.tell("guest", driver.client(), step.name());
        if (step.name().equals("NodeStageVolume")) {
          Expect.that(mapped() == 1, "the kernel has one image mapped");
        }
        driver.kill();
        driver.restart();
      }
      var _ = life.run("DeleteVolume", driver.client()); // takes up the purge that was cut off
      List<String> left = remains.awaitNothing(PATIENCE);
      Expect.that(left.isEmpty(), "nothing is left: " + left);
      Expect.that(mapped() == 0, "the kernel has nothing mapped");
    }
  }

  private static long mapped() throws IOException {
    try (Stream<Path> devices = Files.list(DEVICES)) {
      return devices.count();
    }
  }

  private void sanity(Path program, String accessType) throws Exception {
    try (var nodes = new NodeApi("node1", FOLDER);
        DriverProcess driver =
            driver("node1", nodes.environment(), "--fencing", "--topology=zone=z1");
        var remains = new Remains(ceph, FOLDER)) {
      var parameters =
          Map.of(
              "clusterID",
              DriverProcess.CLUSTER_ID,
              "pool",
              ceph.pool(),
              "imageFeatures",
              "layering");
      var outcome =
          new CsiSanity(program)
              .run(driver.socket(), ceph.credentials(), parameters, accessType, FOLDER);
      System.out.printf("csi-sanity in the guest, krbd, %s: %s%n", accessType, outcome.summary());
      if (outcome.exit() != 0) {
        System.out.println(outcome.output());
      }
      Expect.that(outcome.exit() == 0, "csi-sanity has no failure");
      List<String> left = remains.awaitNothing(PATIENCE);
      Expect.that(left.isEmpty(), "nothing is left: " + left);
    }
  }

  /** NodeStageVolume of fresh volumes beside the same by hand, in turn. */
  private void stage() throws Exception {
    List<Long> ours = new ArrayList<>();
    List<Long> byHand = new ArrayList<>();
    try (DriverProcess driver = driver("node1")) {
      for (int i = -1; i < ROUNDS; i++) {
        long driverMicros = stageByDriver(driver, i);
        long handMicros = stageByHand(i);
        if (i >= 0) {
          ours.add(driverMicros);
          byHand.add(handMicros);
        }
      }
    }
    long median = median(ours);
    long bare = median(byHand);
    System.out.printf(
        "NodeStageVolume, fresh, ext4: median %d ms; rbd map, mkfs.ext4, mount by hand: %d ms; ratio %.2f%n",
        median / 1000, bare / 1000, (double) median / bare);
  }

  private static long median(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private long stageByDriver(DriverProcess driver, int round) throws IOException {
    var life = new VolumeLife("pvc-stage" + round, ceph.pool(), ceph.credentials(), FOLDER);
    var _ = life.run("CreateVolume", driver.client());
    long started = System.nanoTime();
    var _ = life.run("NodeStageVolume", driver.client());
    long micros = (System.nanoTime() - started) / 1000;
    var _ = life.run("NodeUnstageVolume", driver.client());
    var _ = life.run("DeleteVolume", driver.client());
    return micros;
  }

  private long stageByHand(int round) throws IOException, InterruptedException {
    String image = ceph.pool() + "/hand" + round;
    Path mountPoint = Files.createDirectories(FOLDER.resolve("hand"));
    hand("rbd create " + image + " --size 1G --image-feature layering");
    long started = System.nanoTime();
    hand(
        "d=$(rbd map -o noudev %s) && mkfs.ext4 -q -m0 -Enodiscard,lazy_itable_init=1,lazy_journal_init=1 $d && mount $d %s"
            .formatted(image, mountPoint));
    long micros = (System.nanoTime() - started) / 1000;
    hand(
        "umount %s && rbd unmap -o noudev %s && rbd rm --no-progress %s"
            .formatted(mountPoint, image, image));
    return micros;
  }

  private void hand(String script) throws IOException, InterruptedException {
    var builder = new ProcessBuilder("sh", "-c", script).inheritIO();
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    Expect.that(builder.start().waitFor() == 0, script);
  }

  /** Makes and stages a volume, waits until the other node was refused, then lets go of it. */
  private void firstNode() throws Exception {
    try (DriverProcess driver = driver("node1")) {
      var life = new VolumeLife("pvc-two", ceph.pool(), ceph.credentials(), FOLDER);
      for (String step : List.of("CreateVolume", "NodeStageVolume", "NodePublishVolume")) {
        var _ = life.run(step, driver.client());
      }
      var _ = life.run("write 32 MiB", driver.client());
      meeting.tell("staged", life.volume());
      meeting.await("refused");
      var _ = life.run("read back", driver.client());
      var _ = life.run("NodeUnpublishVolume", driver.client());
      var _ = life.run("NodeUnstageVolume", driver.client());
      meeting.tell("unstaged", life.volume());
      meeting.await("done");
    }
  }

  /** Is refused while the first node has the volume, and reads what it wrote afterwards. */
  private void secondNode() throws Exception {
    try (DriverProcess driver = driver("node2")) {
      var life = new VolumeLife("pvc-two", ceph.pool(), ceph.credentials(), FOLDER);
      life.takeOver(meeting.await("staged"));
      requireRefused(life, driver);
      Expect.that(mapped() == 0, "the second node has nothing mapped");
      meeting.tell("refused", life.volume());
      var _ = meeting.await("unstaged");
      for (String step :
          List.of(
              "NodeStageVolume",
              "NodePublishVolume",
              "read back",
              "NodeUnpublishVolume",
              "NodeUnstageVolume",
              "DeleteVolume")) {
        var _ = life.run(step, driver.client());
      }
      meeting.tell("done", life.volume());
    }
  }

  private static void requireRefused(VolumeLife life, DriverProcess driver) throws IOException {
    try {
      var _ = life.run("NodeStageVolume", driver.client());
    } catch (StatusRuntimeException e) {
      System.out.println("guest: second node: " + e.getMessage());
      Expect.that(
          e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION,
          "the second node is refused with FAILED_PRECONDITION");
      return;
    }
    throw new IllegalStateException("the second node staged a volume that is in use");
  }
}
