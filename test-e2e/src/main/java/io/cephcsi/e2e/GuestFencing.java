package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.ControllerPublishVolumeRequest;
import csi.v1.ControllerUnpublishVolumeRequest;
import csi.v1.Volume;
import csi.v1.VolumeHealth.VolumeHealthEntry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Two nodes in kernel guests, of which one is stopped from outside amid writing: the other takes
 * its volume over, and the one that comes back can write no more.
 */
final class GuestFencing {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Path FOLDER = Path.of("/mnt/volumes");
  private static final Path DEVICES = Path.of("/sys/bus/rbd/devices");
  private static final int BLOCK = 4096;

  private final ThrowawayCeph ceph;
  private final Meeting meeting;
  private final VolumeLife life;

  GuestFencing(ThrowawayCeph ceph, Meeting meeting) throws IOException {
    this.ceph = ceph;
    this.meeting = meeting;
    this.life = new VolumeLife("pvc-lost", ceph.pool(), ceph.credentials(), FOLDER);
  }

  @MustBeClosed
  private DriverProcess driver(String node) throws IOException, InterruptedException {
    return DriverProcess.start(
        ceph,
        "--controllerserver",
        "--nodeserver",
        "--fencing",
        "--nodeid=" + node,
        "--keyring=" + ceph.entry("keyring"));
  }

  /** Writes until it cannot, since it is stopped meanwhile; then lets go of the volume. */
  void lostNode() throws Exception {
    try (DriverProcess driver = driver("node1")) {
      var _ = life.run("CreateVolume", driver.client());
      publish(driver, "node1");
      run(driver, "NodeStageVolume", "NodePublishVolume", "write 32 MiB");
      System.out.println("guest: node1: client " + clients());
      String failure = writeUntilRefused();
      System.out.println("guest: node1, back again: " + failure);
      List<VolumeHealthEntry> problems = life.healthOnNode(driver.client());
      problems.forEach(
          p -> System.out.println("guest: node1: " + p.getReason() + ": " + p.getMessage()));
      Expect.that(
          problems.stream().anyMatch(p -> p.getReason().equals("ClientBlocklisted")),
          "the first node knows that its client is in the blocklist");
      run(driver, "NodeUnpublishVolume", "NodeUnstageVolume");
      Expect.that(clients().isEmpty(), "the first node has nothing mapped");
      meeting.tell("returned", life.volume());
      var _ = meeting.await("let-go");
      useAgain(driver);
      meeting.tell("used-again", life.volume());
      var _ = meeting.await("ended");
    }
  }

  /** The fence was for the client that is gone; the node has the volume by another one now. */
  private void useAgain(DriverProcess driver) throws IOException {
    publish(driver, "node1");
    run(driver, "NodeStageVolume", "NodePublishVolume", "read back");
    System.out.println("guest: node1: client " + clients());
    Expect.that(
        Arrays.equals(Files.readAllBytes(own()), Files.readAllBytes(log())),
        "the first node reads what the second one has written");
    run(driver, "NodeUnpublishVolume", "NodeUnstageVolume");
    unpublish(driver, "node1");
  }

  /** Appends blocks, each on disk before the next; tells how many are. */
  private String writeUntilRefused() throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    try (FileChannel file =
        FileChannel.open(log(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int count = 1; System.nanoTime() < end; count++) {
        byte[] block = new byte[BLOCK];
        Arrays.fill(block, (byte) count);
        var _ = file.write(ByteBuffer.wrap(block), (long) (count - 1) * BLOCK);
        file.force(true);
        meeting.count("acknowledged", count);
        if (count == 20) {
          meeting.tell("writing", life.volume());
        }
      }
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
    throw new IllegalStateException("the first node could write all the time");
  }

  /** Takes the volume over from the stopped node, and sees that nothing is lost. */
  void heir() throws Exception {
    try (DriverProcess driver = driver("node2")) {
      meeting.tell("heir-ready", Volume.getDefaultInstance());
      life.takeOver(meeting.await("writing"));
      var _ = meeting.await("stopped");
      String refusal = refusal(() -> publish(driver, "node2"));
      System.out.println("guest: node2: " + refusal);
      Expect.that(refusal.contains("node1"), "the refusal names the first node");
      String unfenced = refusal(() -> run(driver, "NodeStageVolume"));
      System.out.println("guest: node2: " + unfenced);
      Expect.that(
          unfenced.contains("may still be written on node node1"),
          "nor can it be staged without that, while the first node is not fenced");
      unpublish(driver, "node1");
      publish(driver, "node2");
      run(driver, "NodeStageVolume", "NodePublishVolume", "read back");
      int acknowledged = meeting.counted("acknowledged");
      byte[] before = Files.readAllBytes(log());
      Expect.that(before.length >= acknowledged * BLOCK, "all that was acknowledged is there");
      Files.write(own(), before);
      try (FileChannel file = FileChannel.open(own(), StandardOpenOption.WRITE)) {
        file.force(true);
      }
      meeting.tell("taken", life.volume());
      var _ = meeting.await("returned");
      run(driver, "read back", "NodeUnpublishVolume", "NodeUnstageVolume");
      run(driver, "NodeStageVolume", "NodePublishVolume", "read back");
      Expect.that(
          Arrays.equals(Files.readAllBytes(log()), before),
          "the first node has written nothing since it was fenced");
      Expect.that(
          Arrays.equals(Files.readAllBytes(own()), before), "the second node's data are there");
      lend(driver);
      takeAwayTheDevice();
      Expect.that(
          life.healthOnNode(driver.client()).stream()
              .anyMatch(p -> p.getReason().equals("DeviceGone")),
          "the second node tells that a device is gone");
      run(driver, "NodeUnpublishVolume", "NodeUnstageVolume");
      unpublish(driver, "node2");
      run(driver, "DeleteVolume");
      meeting.tell("ended", life.volume());
    }
  }

  /** Lets the first node have the volume again, and takes it back. */
  private void lend(DriverProcess driver) throws Exception {
    run(driver, "NodeUnpublishVolume", "NodeUnstageVolume");
    unpublish(driver, "node2");
    meeting.tell("let-go", life.volume());
    var _ = meeting.await("used-again");
    publish(driver, "node2");
    run(driver, "NodeStageVolume", "NodePublishVolume", "read back");
  }

  /** As nobody should, below a mounted filesystem. */
  private static void takeAwayTheDevice() throws IOException {
    try (Stream<Path> devices = Files.list(DEVICES)) {
      String number = devices.findFirst().orElseThrow().getFileName().toString();
      Files.writeString(
          Path.of("/sys/bus/rbd/remove_single_major"), number + " force", StandardOpenOption.WRITE);
    }
  }

  private void run(DriverProcess driver, String... steps) throws IOException {
    for (String step : steps) {
      System.out.println("guest: " + step + " " + life.run(step, driver.client()));
    }
  }

  private Path log() {
    return life.folder().resolve("pod/mount/log");
  }

  private Path own() {
    return life.folder().resolve("pod/mount/own");
  }

  private void publish(DriverProcess driver, String node) throws IOException {
    var _ =
        driver
            .client()
            .controller()
            .controllerPublishVolume(
                ControllerPublishVolumeRequest.newBuilder()
                    .setVolumeId(life.volume().getVolumeId())
                    .setNodeId(node)
                    .setVolumeCapability(life.capability())
                    .putAllSecrets(life.secrets())
                    .build());
  }

  private void unpublish(DriverProcess driver, String node) throws IOException {
    var _ =
        driver
            .client()
            .controller()
            .controllerUnpublishVolume(
                ControllerUnpublishVolumeRequest.newBuilder()
                    .setVolumeId(life.volume().getVolumeId())
                    .setNodeId(node)
                    .putAllSecrets(life.secrets())
                    .build());
  }

  private static List<String> clients() throws IOException {
    try (Stream<Path> devices = Files.list(DEVICES)) {
      return devices.map(GuestFencing::client).toList();
    }
  }

  private static String client(Path device) {
    try {
      return Files.readString(device.resolve("client_addr")).strip();
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** What is said when the call is refused. */
  private static String refusal(Call call) throws IOException {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      Expect.that(
          e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION,
          "the second node is refused with FAILED_PRECONDITION");
      return String.valueOf(e.getMessage());
    }
    throw new IllegalStateException("a volume that is in use was published to a second node");
  }

  /** A call that may be refused. */
  private interface Call {
    void run() throws IOException;
  }
}
