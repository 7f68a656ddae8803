package io.cephcsi.e2e;

import io.cephcsi.e2e.BenchSamples.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Measures the Node service's calls, one after the other, and beside each the same by hand, in a
 * shell. Both take turns. The kernel maps where it knows RBD, else qemu's storage daemon does.
 */
final class BenchNode {
  private static final int ROUNDS = 9;

  private static final String MAP_BY_KERNEL =
      """
      rbd map $POOL/$IMAGE > device
      """;

  private static final String UNMAP_BY_KERNEL =
      """
      rbd unmap $POOL/$IMAGE
      """;

  private static final String MAP_BY_DAEMON =
      """
      : > image
      qemu-storage-daemon --daemonize --pidfile $PWD/pid \
        --blockdev driver=rbd,node-name=image,pool=$POOL,image=$IMAGE,conf=$CEPH_CONF,cache.direct=on \
        --export type=fuse,id=export,node-name=image,mountpoint=$PWD/image,writable=on,growable=on
      losetup --find --show --direct-io=on $PWD/image > device
      """;

  private static final String UNMAP_BY_DAEMON =
      """
      losetup --detach $(cat device)
      pid=$(cat pid)
      kill $pid
      while grep -qsa qemu /proc/$pid/cmdline; do sleep .01; done
      """;

  /** What the driver makes a filesystem with by default. */
  private static final Map<String, String> MKFS =
      Map.of(
          "ext4", "mkfs.ext4 -q -m0 -Enodiscard,lazy_itable_init=1,lazy_journal_init=1",
          "xfs", "mkfs.xfs -q -K -m reflink=0");

  /** A call of the driver, what it is compared with, and the times of both. */
  private record Row(
      String rpc, String byHand, String script, BenchSamples driver, BenchSamples hand) {
    Row(String rpc, String byHand, String script) {
      this(rpc, byHand, script, new BenchSamples(), new BenchSamples());
    }

    BenchCall call() {
      return new BenchCall(
          rpc, 1, driver.times(), List.of(new BenchCall.Bare(byHand, hand.times())));
    }
  }

  private final ThrowawayCeph ceph;
  private final BenchProgress progress;

  BenchNode(ThrowawayCeph ceph, BenchProgress progress) {
    this.ceph = ceph;
    this.progress = progress;
  }

  List<BenchCall> measure() throws Exception {
    progress.expect(ROUNDS + 1);
    Path folder = Files.createTempDirectory("bench-node-");
    List<BenchCall> calls;
    try (DriverProcess driver =
        DriverProcess.start(
            ceph, "--controllerserver", "--nodeserver", "--state-dir=" + folder.resolve("state"))) {
      round(driver, folder, 0, rows()); // the first has to read the programs from the disk
      List<Row> rows = rows();
      for (int round = 1; round <= ROUNDS; round++) {
        round(driver, folder, round, rows);
      }
      calls = rows.stream().map(Row::call).toList();
    }
    remove(folder);
    return calls;
  }

  private static List<Row> rows() throws IOException {
    boolean kernel = kernelMaps();
    String filesystem = Capability.canGrowExt4() ? "ext4" : "xfs";
    String make = MKFS.get(filesystem) + " $(cat device)\nmount $(cat device) stage\n";
    String map = kernel ? MAP_BY_KERNEL : MAP_BY_DAEMON;
    String unmap = kernel ? UNMAP_BY_KERNEL : UNMAP_BY_DAEMON;
    String mapper = kernel ? "rbd map" : "qemu-storage-daemon, losetup";
    return List.of(
        new Row("NodeStageVolume", mapper + ", mkfs." + filesystem + ", mount", map + make),
        new Row("NodePublishVolume", "mount --bind", "mount --bind stage pod"),
        new Row("NodeUnpublishVolume", "umount", "umount pod"),
        new Row("NodeUnstageVolume", "umount, unmap", "umount stage\n" + unmap));
  }

  private static boolean kernelMaps() {
    return Files.isDirectory(Path.of("/sys/bus/rbd"));
  }

  private void round(DriverProcess driver, Path folder, int round, List<Row> rows)
      throws Exception {
    var life =
        new VolumeLife(
            "bench-node-" + round,
            ceph.pool(),
            ceph.credentials(),
            folder,
            Map.of("mounter", kernelMaps() ? "rbd" : "userspace"));
    var _ = life.run("CreateVolume", driver.client());
    Path hands = folder.resolve("hand-" + round);
    Files.createDirectories(hands.resolve("stage"));
    Files.createDirectories(hands.resolve("pod"));
    String image = "bench-hand-" + round;
    shell("rbd create --size 1G --image-feature layering $POOL/$IMAGE", hands, image);
    for (Row row : rows) {
      time(row.driver(), _ -> life.run(row.rpc(), driver.client()));
      time(row.hand(), _ -> shell(row.script(), hands, image));
    }
    shell("rbd rm --no-progress $POOL/$IMAGE", hands, image);
    var _ = life.run("DeleteVolume", driver.client());
    progress.done(1, "node");
  }

  private void time(BenchSamples samples, Work work) throws Exception {
    long before = ceph.osdOperations();
    samples.add(1, 0, 1, work);
    samples.addOsdOperations(ceph.osdOperations() - before);
  }

  private void shell(String script, Path folder, String image)
      throws IOException, InterruptedException {
    Path log = folder.resolve("log");
    var builder =
        new ProcessBuilder("bash", "-ec", script)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    builder.environment().put("POOL", ceph.pool());
    builder.environment().put("IMAGE", image);
    if (builder.start().waitFor() != 0) {
      throw new IOException(script + "\n" + Files.readString(log));
    }
  }

  /** Nothing is mounted there any more. */
  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
