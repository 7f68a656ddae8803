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
    life.tell(
        node,
        driver.client(),
        "CreateVolume",
        "NodeStageVolume",
        "NodePublishVolume",
        "write 32 MiB");
    meeting.tell("written", life.volume());
    var _ = meeting.await("answered");
    String answer = Files.readString(life.target().resolve("answer"));
    Expect.that(answer.equals("from node2"), "what the other node wrote is here, not " + answer);
    System.out.println(node + ": reads \"" + answer + "\"");
    var _ = meeting.await("gone");
    life.tell(node, driver.client(), "NodeUnpublishVolume", "NodeUnstageVolume", "DeleteVolume");
  }

  /** Reads what the first node has written and still has open; a read-only pod only reads. */
  void reader(DriverProcess driver) throws Exception {
    var life = VolumeLife.onCephFs(ceph, NAME, folder);
    life.takeOver(meeting.await("written"));
    life.tell(node, driver.client(), "NodeStageVolume");
    requireReadOnly(life, driver);
    life.tell(node, driver.client(), "NodePublishVolume", "read back");
    Files.writeString(life.target().resolve("answer"), "from " + node);
    System.out.println(node + ": writes \"from " + node + "\"");
    meeting.tell("answered", life.volume());
    life.tell(node, driver.client(), "NodeUnpublishVolume", "NodeUnstageVolume");
    meeting.tell("gone", life.volume());
  }

  private void requireReadOnly(VolumeLife life, DriverProcess driver) throws Exception {
    Path target = folder.resolve("read-only");
    life.publish(driver.client(), target, true);
    Expect.that(Files.exists(target.resolve("data")), "a read-only pod reads");
    try {
      Files.writeString(target.resolve("x"), "x");
      throw new IllegalStateException("a read-only pod wrote");
    } catch (IOException e) {
      Expect.that(String.valueOf(e.getMessage()).contains("Read-only"), "it cannot write: " + e);
    }
    life.unpublish(driver.client(), target);
  }
}
