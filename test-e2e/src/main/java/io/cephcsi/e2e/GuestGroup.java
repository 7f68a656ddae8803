package io.cephcsi.e2e;

import csi.v1.CreateVolumeGroupSnapshotRequest;
import csi.v1.DeleteVolumeGroupSnapshotRequest;
import csi.v1.Snapshot;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import csi.v1.VolumeGroupSnapshot;
import io.cephcsi.ceph.Credentials;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Three volumes, mapped by the guest's kernel, are written by a pod and cut at one moment: all
 * three snapshots have the same number in them.
 */
final class GuestGroup {
  private static final Path FOLDER = Path.of("/mnt/volumes");
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int VOLUMES = 3;

  /** Without the lock nothing stops a writer while the others are cut. */
  private static final Map<String, String> LOCKED =
      Map.of("imageFeatures", "layering,exclusive-lock");

  private final ThrowawayCeph ceph;
  private final Credentials credentials;
  private final List<VolumeLife> lives = new ArrayList<>();

  GuestGroup(ThrowawayCeph ceph) throws IOException {
    this.ceph = ceph;
    this.credentials = ceph.credentials();
    for (int n = 0; n < VOLUMES; n++) {
      lives.add(life("pvc-" + n));
    }
  }

  private VolumeLife life(String name) throws IOException {
    return new VolumeLife(name, ceph.pool(), credentials, FOLDER, LOCKED);
  }

  void run() throws Exception {
    try (DriverProcess driver =
            DriverProcess.start(
                ceph,
                "--controllerserver",
                "--nodeserver",
                "--nodeid=node1",
                "--keyring=" + ceph.entry("keyring"));
        var remains = new Remains(ceph, FOLDER)) {
      for (VolumeLife life : lives) {
        life.tell("guest", driver.client(), "CreateVolume", "NodeStageVolume", "NodePublishVolume");
      }
      VolumeGroupSnapshot whileWritten;
      long last;
      try (var writer = new Writer(lives)) {
        writer.awaitRounds(20);
        whileWritten = group(driver, "group-written");
        writer.awaitRounds(20);
        last = writer.end();
      }
      VolumeGroupSnapshot afterwards = group(driver, "group-afterwards");
      List<Long> numbers = numbers(driver, whileWritten);
      System.out.printf("guest: written on to %d, the snapshots have %s%n", last, numbers);
      requireOneMoment(numbers, last);
      List<Long> then = numbers(driver, afterwards);
      System.out.printf("guest: afterwards the snapshots have %s%n", then);
      Expect.that(then.stream().allMatch(number -> number == last), "all have the last number");
      delete(driver, whileWritten);
      delete(driver, afterwards);
      for (VolumeLife life : lives) {
        life.tell(
            "guest", driver.client(), "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
      }
      List<String> left = remains.awaitNothing(PATIENCE);
      Expect.that(left.isEmpty(), "nothing is left: " + left);
    }
  }

  /**
   * The numbers are equal, but for the round that the moment may have met between two volumes:
   * those that are written first are one ahead then.
   */
  private static void requireOneMoment(List<Long> numbers, long last) {
    long first = numbers.getFirst();
    for (int n = 1; n < numbers.size(); n++) {
      Expect.that(numbers.get(n) <= numbers.get(n - 1), "no volume is ahead of the one before it");
    }
    Expect.that(first - numbers.getLast() <= 1, "all are of one moment");
    Expect.that(first >= 20 && first < last, "the moment is amid the writing");
  }

  /** Writes rising numbers to a file of each volume, each on disk before the next. */
  private static final class Writer implements AutoCloseable {
    private final List<VolumeLife> lives;
    private final Thread thread = Thread.ofPlatform().unstarted(this::write);
    private volatile boolean ended;
    private volatile long round;
    private volatile String failure = "";

    Writer(List<VolumeLife> lives) {
      this.lives = lives;
      thread.start();
    }

    private void write() {
      List<FileChannel> files = new ArrayList<>();
      try {
        for (VolumeLife life : lives) {
          files.add(
              FileChannel.open(
                  life.target().resolve("number"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE));
        }
        while (!ended) {
          long number = round + 1;
          for (FileChannel file : files) {
            var _ = file.write(ByteBuffer.allocate(Long.BYTES).putLong(number).flip(), 0);
            file.force(true);
          }
          round = number;
        }
        for (FileChannel file : files) {
          file.close();
        }
      } catch (IOException e) {
        failure = String.valueOf(e.getMessage());
      }
    }

    void awaitRounds(int more) throws InterruptedException {
      long until = round + more;
      while (round < until && thread.isAlive()) {
        Thread.sleep(1);
      }
      Expect.that(failure.isEmpty(), "the pod can write: " + failure);
    }

    /** The last number, which all volumes have. */
    long end() throws InterruptedException {
      ended = true;
      thread.join();
      Expect.that(failure.isEmpty(), "the pod could write: " + failure);
      return round;
    }

    @Override
    public void close() {
      ended = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private VolumeGroupSnapshot group(DriverProcess driver, String name) {
    long started = System.nanoTime();
    VolumeGroupSnapshot group =
        driver
            .client()
            .groupController()
            .createVolumeGroupSnapshot(
                CreateVolumeGroupSnapshotRequest.newBuilder()
                    .setName(name)
                    .addAllSourceVolumeIds(
                        lives.stream().map(life -> life.volume().getVolumeId()).toList())
                    .putParameters("clusterID", DriverProcess.CLUSTER_ID)
                    .putParameters("pool", ceph.pool())
                    .putAllSecrets(lives.getFirst().secrets())
                    .build())
            .getGroupSnapshot();
    long millis = (System.nanoTime() - started) / 1_000_000;
    System.out.printf("guest: CreateVolumeGroupSnapshot %s %d ms%n", name, millis);
    return group;
  }

  /** What the snapshots' numbers are, in the order of the volumes: each is restored and mounted. */
  private List<Long> numbers(DriverProcess driver, VolumeGroupSnapshot group) throws IOException {
    List<Long> numbers = new ArrayList<>();
    for (VolumeLife life : lives) {
      Snapshot snapshot =
          group.getSnapshotsList().stream()
              .filter(s -> s.getSourceVolumeId().equals(life.volume().getVolumeId()))
              .findFirst()
              .orElseThrow();
      var source = SnapshotSource.newBuilder().setSnapshotId(snapshot.getSnapshotId());
      VolumeLife restored =
          life.like(
              "restored-" + snapshot.getSnapshotId(),
              life.capability(),
              () -> VolumeContentSource.newBuilder().setSnapshot(source).build());
      restored.tell(
          "guest", driver.client(), "CreateVolume", "NodeStageVolume", "NodePublishVolume");
      byte[] number = Files.readAllBytes(restored.target().resolve("number"));
      numbers.add(ByteBuffer.wrap(number).getLong());
      restored.tell(
          "guest", driver.client(), "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
    }
    return numbers;
  }

  private void delete(DriverProcess driver, VolumeGroupSnapshot group) {
    var _ =
        driver
            .client()
            .groupController()
            .deleteVolumeGroupSnapshot(
                DeleteVolumeGroupSnapshotRequest.newBuilder()
                    .setGroupSnapshotId(group.getGroupSnapshotId())
                    .putAllSecrets(lives.getFirst().secrets())
                    .build());
  }
}
