package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.CapacityRange;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.NodePublishVolumeRequest;
import csi.v1.NodeStageVolumeRequest;
import csi.v1.NodeUnpublishVolumeRequest;
import csi.v1.NodeUnstageVolumeRequest;
import csi.v1.Volume;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.BlockVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Images that two nodes have at once: a block volume that both write, and read-only volumes, block
 * and filesystem, that both read and neither may write.
 */
final class GuestShared {
  private static final Path FOLDER = Path.of("/mnt/volumes");
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long GIB = 1L << 30;
  private static final int BLOCK = 4096;

  /** Where each node writes to the block volume. */
  private static final long OWNERS = 0;

  private static final long PEERS = 4 << 20;

  private final ThrowawayCeph ceph;
  private final Meeting meeting;
  private final String node;

  GuestShared(ThrowawayCeph ceph, Meeting meeting, String node) {
    this.ceph = ceph;
    this.meeting = meeting;
    this.node = node;
  }

  @MustBeClosed
  private DriverProcess driver() throws IOException, InterruptedException {
    return DriverProcess.start(
        ceph,
        "--controllerserver",
        "--nodeserver",
        "--nodeid=" + node,
        "--keyring=" + ceph.entry("keyring"));
  }

  /** Makes the volumes, has each beside the other node, and deletes them. */
  void owner() throws Exception {
    try (DriverProcess driver = driver();
        var remains = new Remains(ceph, FOLDER)) {
      Volume written = create(driver, "pvc-rwx", AccessMode.Mode.MULTI_NODE_MULTI_WRITER, "");
      Path device = show(driver, written, AccessMode.Mode.MULTI_NODE_MULTI_WRITER);
      write(device, OWNERS, 1);
      meeting.tell("rwx-written", written);
      var _ = meeting.await("rwx-answered");
      requireBlock(device, PEERS, 2);
      var _ = meeting.await("rwx-left");
      hide(driver, written);

      String snapshot = snapshot(driver, "snap-rwx", written);
      Volume read = create(driver, "pvc-rox", AccessMode.Mode.MULTI_NODE_READER_ONLY, snapshot);
      meeting.tell("rox-made", read);
      readBlock(driver, read, "rox");

      VolumeLife files = files();
      steps(files, driver, "CreateVolume", "NodeStageVolume", "NodePublishVolume", "write 32 MiB");
      steps(files, driver, "NodeUnpublishVolume", "NodeUnstageVolume");
      String filesSnapshot = snapshot(driver, "snap-files", files.volume());
      VolumeLife shown = readOnly(files, () -> ofSnapshot(filesSnapshot));
      steps(shown, driver, "CreateVolume");
      meeting.tell("files-made", shown.volume());
      readFiles(driver, shown, "files");

      steps(shown, driver, "DeleteVolume");
      steps(files, driver, "DeleteVolume");
      delete(driver, read);
      delete(driver, written);
      deleteSnapshot(driver, snapshot);
      deleteSnapshot(driver, filesSnapshot);
      List<String> left = remains.awaitNothing(PATIENCE);
      require(left.isEmpty(), "nothing is left: " + left);
    }
  }

  /** Has the same volumes on another node at the same time. */
  void peer() throws Exception {
    try (DriverProcess driver = driver()) {
      Volume written = meeting.await("rwx-written");
      Path device = show(driver, written, AccessMode.Mode.MULTI_NODE_MULTI_WRITER);
      requireBlock(device, OWNERS, 1);
      write(device, PEERS, 2);
      meeting.tell("rwx-answered", written);
      hide(driver, written);
      meeting.tell("rwx-left", written);

      readBlock(driver, meeting.await("rox-made"), "rox");

      VolumeLife shown = readOnly(files(), VolumeContentSource::getDefaultInstance);
      shown.takeOver(meeting.await("files-made"));
      readFiles(driver, shown, "files");
    }
  }

  private VolumeLife files() throws IOException {
    return new VolumeLife("pvc-files", ceph.pool(), ceph.credentials(), FOLDER);
  }

  private static VolumeLife readOnly(VolumeLife files, Supplier<VolumeContentSource> source)
      throws IOException {
    return files.copy("pvc-files-read", true, source);
  }

  /** Reads a block volume while the other node has it too. */
  private void readBlock(DriverProcess driver, Volume volume, String what) throws Exception {
    Path device = show(driver, volume, AccessMode.Mode.MULTI_NODE_READER_ONLY);
    requireBlock(device, OWNERS, 1);
    requireBlock(device, PEERS, 2);
    requireRefused(() -> write(device, OWNERS, 3), "a write to a read-only block volume");
    meet(what, volume);
    hide(driver, volume);
    meet(what + "-left", volume);
  }

  /** Reads a filesystem while the other node has it too. */
  private void readFiles(DriverProcess driver, VolumeLife shown, String what) throws Exception {
    steps(shown, driver, "NodeStageVolume", "NodePublishVolume", "read back");
    requireRefused(
        () -> Files.writeString(shown.target().resolve("new"), "text"),
        "a write to a read-only filesystem");
    meet(what, shown.volume());
    steps(shown, driver, "NodeUnpublishVolume", "NodeUnstageVolume");
    meet(what + "-left", shown.volume());
  }

  /** Goes on when both nodes have come to that. */
  private void meet(String what, Volume volume) throws IOException, InterruptedException {
    meeting.tell(what + "-" + node, volume);
    var _ = meeting.await(what + "-" + (node.equals("node1") ? "node2" : "node1"));
  }

  private Volume create(DriverProcess driver, String name, AccessMode.Mode mode, String snapshot)
      throws IOException {
    var request =
        CreateVolumeRequest.newBuilder()
            .setName(name)
            .addVolumeCapabilities(block(mode))
            .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(GIB))
            .putParameters("clusterID", DriverProcess.CLUSTER_ID)
            .putParameters("pool", ceph.pool())
            .putParameters("imageFeatures", "layering")
            .putAllSecrets(secrets());
    if (!snapshot.isEmpty()) {
      request.setVolumeContentSource(ofSnapshot(snapshot));
    }
    return driver.client().controller().createVolume(request.build()).getVolume();
  }

  private static VolumeContentSource ofSnapshot(String id) {
    return VolumeContentSource.newBuilder()
        .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(id))
        .build();
  }

  private static VolumeCapability block(AccessMode.Mode mode) {
    return VolumeCapability.newBuilder()
        .setBlock(BlockVolume.getDefaultInstance())
        .setAccessMode(AccessMode.newBuilder().setMode(mode))
        .build();
  }

  /** Stages and publishes it; gives back the device that the pod has. */
  private Path show(DriverProcess driver, Volume volume, AccessMode.Mode mode) throws IOException {
    Path staging = Files.createDirectories(folder(volume).resolve("staging"));
    Path target = folder(volume).resolve("device");
    var _ =
        driver
            .client()
            .node()
            .nodeStageVolume(
                NodeStageVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .setStagingTargetPath(staging.toString())
                    .setVolumeCapability(block(mode))
                    .putAllVolumeContext(volume.getVolumeContextMap())
                    .putAllSecrets(secrets())
                    .build());
    var _ =
        driver
            .client()
            .node()
            .nodePublishVolume(
                NodePublishVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .setStagingTargetPath(staging.toString())
                    .setTargetPath(target.toString())
                    .setVolumeCapability(block(mode))
                    .putAllVolumeContext(volume.getVolumeContextMap())
                    .build());
    return target;
  }

  private static void hide(DriverProcess driver, Volume volume) {
    String id = volume.getVolumeId();
    var _ =
        driver
            .client()
            .node()
            .nodeUnpublishVolume(
                NodeUnpublishVolumeRequest.newBuilder()
                    .setVolumeId(id)
                    .setTargetPath(folder(volume).resolve("device").toString())
                    .build());
    var _ =
        driver
            .client()
            .node()
            .nodeUnstageVolume(
                NodeUnstageVolumeRequest.newBuilder()
                    .setVolumeId(id)
                    .setStagingTargetPath(folder(volume).resolve("staging").toString())
                    .build());
  }

  private static Path folder(Volume volume) {
    return FOLDER.resolve(volume.getVolumeId());
  }

  private String snapshot(DriverProcess driver, String name, Volume of) throws IOException {
    return driver
        .client()
        .controller()
        .createSnapshot(
            CreateSnapshotRequest.newBuilder()
                .setName(name)
                .setSourceVolumeId(of.getVolumeId())
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putAllSecrets(secrets())
                .build())
        .getSnapshot()
        .getSnapshotId();
  }

  private void delete(DriverProcess driver, Volume volume) throws IOException {
    var _ =
        driver
            .client()
            .controller()
            .deleteVolume(
                DeleteVolumeRequest.newBuilder()
                    .setVolumeId(volume.getVolumeId())
                    .putAllSecrets(secrets())
                    .build());
  }

  private void deleteSnapshot(DriverProcess driver, String id) throws IOException {
    var _ =
        driver
            .client()
            .controller()
            .deleteSnapshot(
                DeleteSnapshotRequest.newBuilder()
                    .setSnapshotId(id)
                    .putAllSecrets(secrets())
                    .build());
  }

  private Map<String, String> secrets() throws IOException {
    return Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
  }

  private static void write(Path device, long offset, int value) throws IOException {
    byte[] block = new byte[BLOCK];
    Arrays.fill(block, (byte) value);
    try (var channel = FileChannel.open(device, StandardOpenOption.WRITE)) {
      var _ = channel.write(ByteBuffer.wrap(block), offset);
      channel.force(true);
    }
  }

  /** What the image has, not what this node's kernel remembers of it. */
  private static void requireBlock(Path device, long offset, int value) throws IOException {
    Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3");
    byte[] block = new byte[BLOCK];
    try (var channel = FileChannel.open(device, StandardOpenOption.READ)) {
      require(channel.read(ByteBuffer.wrap(block), offset) == BLOCK, "a block can be read");
    }
    for (byte each : block) {
      require(each == value, "at %d is what was written, %d".formatted(offset, value));
    }
  }

  /** What a pod tries. */
  private interface Attempt {
    void run() throws IOException;
  }

  private static void requireRefused(Attempt attempt, String what) {
    try {
      attempt.run();
    } catch (IOException e) {
      System.out.println("guest: " + what + ": " + e.getMessage());
      return;
    }
    throw new IllegalStateException("does not hold: " + what + " is refused");
  }

  private static void steps(VolumeLife life, DriverProcess driver, String... steps)
      throws IOException {
    for (String step : steps) {
      System.out.println("guest: " + step + " " + life.run(step, driver.client()));
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("does not hold: " + what);
    }
  }
}
