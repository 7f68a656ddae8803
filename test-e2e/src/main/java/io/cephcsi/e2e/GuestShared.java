package io.cephcsi.e2e;

import com.google.errorprone.annotations.MustBeClosed;
import csi.v1.CreateSnapshotRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.Volume;
import csi.v1.VolumeCapability.AccessMode;
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
import java.util.function.Supplier;

/**
 * Images that two nodes have at once: a block volume that both write, and read-only volumes, block
 * and filesystem, that both read and neither may write.
 */
final class GuestShared {
  private static final Path FOLDER = Path.of("/mnt/volumes");
  private static final Duration PATIENCE = Duration.ofMinutes(3);
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
      CsiClient client = driver.client();
      VolumeLife written = written();
      written.tell("guest", client, "CreateVolume", "NodeStageVolume", "NodePublishVolume");
      write(written.target(), OWNERS, 1);
      meeting.tell("rwx-written", written.volume());
      var _ = meeting.await("rwx-answered");
      requireBlock(written.target(), PEERS, 2);
      var _ = meeting.await("rwx-left");
      hide(client, written);

      String cut = snapshot(client, "snap-rwx", written);
      VolumeLife read = read(() -> ofSnapshot(cut));
      read.tell("guest", client, "CreateVolume");
      meeting.tell("rox-made", read.volume());
      readBlock(client, read, "rox");

      VolumeLife files = files();
      files.tell(
          "guest", client, "CreateVolume", "NodeStageVolume", "NodePublishVolume", "write 32 MiB");
      hide(client, files);
      String cutOfFiles = snapshot(client, "snap-files", files);
      VolumeLife shown = readFiles(() -> ofSnapshot(cutOfFiles));
      shown.tell("guest", client, "CreateVolume");
      meeting.tell("files-made", shown.volume());
      readFiles(client, shown, "files");

      for (VolumeLife life : List.of(shown, files, read, written)) {
        life.tell("guest", client, "DeleteVolume");
      }
      deleteSnapshot(client, cut);
      deleteSnapshot(client, cutOfFiles);
      List<String> left = remains.awaitNothing(PATIENCE);
      Expect.that(left.isEmpty(), "nothing is left: " + left);
    }
  }

  /** Has the same volumes on another node at the same time. */
  void peer() throws Exception {
    try (DriverProcess driver = driver()) {
      CsiClient client = driver.client();
      VolumeLife written = written();
      written.takeOver(meeting.await("rwx-written"));
      written.tell("guest", client, "NodeStageVolume", "NodePublishVolume");
      requireBlock(written.target(), OWNERS, 1);
      write(written.target(), PEERS, 2);
      meeting.tell("rwx-answered", written.volume());
      hide(client, written);
      meeting.tell("rwx-left", written.volume());

      VolumeLife read = read(VolumeContentSource::getDefaultInstance);
      read.takeOver(meeting.await("rox-made"));
      readBlock(client, read, "rox");

      VolumeLife shown = readFiles(VolumeContentSource::getDefaultInstance);
      shown.takeOver(meeting.await("files-made"));
      readFiles(client, shown, "files");
    }
  }

  private VolumeLife files() throws IOException {
    return new VolumeLife("pvc-files", ceph.pool(), ceph.credentials(), FOLDER);
  }

  private VolumeLife written() throws IOException {
    return files()
        .like(
            "pvc-rwx",
            VolumeLife.block(AccessMode.Mode.MULTI_NODE_MULTI_WRITER),
            VolumeContentSource::getDefaultInstance);
  }

  private VolumeLife read(Supplier<VolumeContentSource> source) throws IOException {
    return files()
        .like("pvc-rox", VolumeLife.block(AccessMode.Mode.MULTI_NODE_READER_ONLY), source);
  }

  private VolumeLife readFiles(Supplier<VolumeContentSource> source) throws IOException {
    return files().copy("pvc-files-read", true, source);
  }

  /** Reads a block volume while the other node has it too. */
  private void readBlock(CsiClient client, VolumeLife read, String what) throws Exception {
    read.tell("guest", client, "NodeStageVolume", "NodePublishVolume");
    requireBlock(read.target(), OWNERS, 1);
    requireBlock(read.target(), PEERS, 2);
    requireRefused(() -> write(read.target(), OWNERS, 3), "a write to a read-only block volume");
    meet(what, read.volume());
    hide(client, read);
    meet(what + "-left", read.volume());
  }

  /** Reads a filesystem while the other node has it too. */
  private void readFiles(CsiClient client, VolumeLife shown, String what) throws Exception {
    shown.tell("guest", client, "NodeStageVolume", "NodePublishVolume", "read back");
    requireRefused(
        () -> Files.writeString(shown.target().resolve("new"), "text"),
        "a write to a read-only filesystem");
    meet(what, shown.volume());
    hide(client, shown);
    meet(what + "-left", shown.volume());
  }

  private static void hide(CsiClient client, VolumeLife life) throws IOException {
    life.tell("guest", client, "NodeUnpublishVolume", "NodeUnstageVolume");
  }

  /** Goes on when both nodes have come to that. */
  private void meet(String what, Volume volume) throws IOException, InterruptedException {
    meeting.tell(what + "-" + node, volume);
    var _ = meeting.await(what + "-" + (node.equals("node1") ? "node2" : "node1"));
  }

  private static VolumeContentSource ofSnapshot(String id) {
    return VolumeContentSource.newBuilder()
        .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(id))
        .build();
  }

  private static String snapshot(CsiClient client, String name, VolumeLife of) {
    return client
        .controller()
        .createSnapshot(
            CreateSnapshotRequest.newBuilder()
                .setName(name)
                .setSourceVolumeId(of.volume().getVolumeId())
                .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                .putAllSecrets(of.secrets())
                .build())
        .getSnapshot()
        .getSnapshotId();
  }

  private void deleteSnapshot(CsiClient client, String id) throws IOException {
    var _ =
        client
            .controller()
            .deleteSnapshot(
                DeleteSnapshotRequest.newBuilder()
                    .setSnapshotId(id)
                    .putAllSecrets(files().secrets())
                    .build());
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
      Expect.that(channel.read(ByteBuffer.wrap(block), offset) == BLOCK, "a block can be read");
    }
    for (byte each : block) {
      Expect.that(each == value, "at %d is what was written, %d".formatted(offset, value));
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
}
