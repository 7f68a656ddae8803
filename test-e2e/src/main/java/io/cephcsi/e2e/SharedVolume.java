package io.cephcsi.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A volume of CephFS that two nodes have at once: one writes, the other reads and answers. */
final class SharedVolume {
  private static final String NAME = "pvc-shared";

  private final ThrowawayCeph ceph;
  private final Meeting meeting;
  private final Path folder;
  private final String node;

  /**
   * @param folder below which this node has its mounts
   */
  SharedVolume(ThrowawayCeph ceph, Meeting meeting, Path folder, String node) {
    this.ceph = ceph;
    this.meeting = meeting;
    this.folder = folder;
    this.node = node;
  }

  /** Makes the volume, writes, and reads what the other node has written; then deletes it. */
  void writer(DriverProcess driver) throws Exception {
    var life = VolumeLife.onCephFs(ceph, NAME, folder);
    steps(life, driver, "CreateVolume", "NodeStageVolume", "NodePublishVolume", "write 32 MiB");
    meeting.tell("written", life.volume());
    var _ = meeting.await("answered");
    String answer = Files.readString(life.target().resolve("answer"));
    require(answer.equals("from node2"), "what the other node wrote is here, not " + answer);
    System.out.println(node + ": reads \"" + answer + "\"");
    var _ = meeting.await("gone");
    steps(life, driver, "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
  }

  /** Reads what the first node has written and still has open; a read-only pod only reads. */
  void reader(DriverProcess driver) throws Exception {
    var life = VolumeLife.onCephFs(ceph, NAME, folder);
    life.takeOver(meeting.await("written"));
    steps(life, driver, "NodeStageVolume");
    requireReadOnly(life, driver);
    steps(life, driver, "NodePublishVolume", "read back");
    Files.writeString(life.target().resolve("answer"), "from " + node);
    System.out.println(node + ": writes \"from " + node + "\"");
    meeting.tell("answered", life.volume());
    steps(life, driver, "NodeUnpublishVolume", "NodeUnstageVolume");
    meeting.tell("gone", life.volume());
  }

  private void requireReadOnly(VolumeLife life, DriverProcess driver) throws Exception {
    Path target = folder.resolve("read-only");
    life.publish(driver.client(), target, true);
    require(Files.exists(target.resolve("data")), "a read-only pod reads");
    try {
      Files.writeString(target.resolve("x"), "x");
      throw new IllegalStateException("a read-only pod wrote");
    } catch (IOException e) {
      require(String.valueOf(e.getMessage()).contains("Read-only"), "it cannot write: " + e);
    }
    life.unpublish(driver.client(), target);
  }

  private void steps(VolumeLife life, DriverProcess driver, String... steps) throws IOException {
    run(node, life, driver, steps);
  }

  /** Runs steps and tells how long each took. */
  static void run(String who, VolumeLife life, DriverProcess driver, String... steps)
      throws IOException {
    for (String step : steps) {
      long started = System.nanoTime();
      String outcome = life.run(step, driver.client());
      long millis = (System.nanoTime() - started) / 1_000_000;
      System.out.printf("%s: %-23s %6d ms  %s%n", who, step, millis, outcome);
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("does not hold: " + what);
    }
  }
}
