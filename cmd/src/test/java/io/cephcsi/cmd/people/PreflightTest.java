package io.cephcsi.cmd.people;

import static org.assertj.core.api.Assertions.assertThat;

import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Credentials;
import io.cephcsi.ceph.MemoryCluster;
import io.cephcsi.cmd.people.Check.State;
import io.cephcsi.csi.host.KernelVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What preflight says of nodes, keys and files that are laid out for it. */
class PreflightTest {
  private static final String RELEASE = "5.0.0-test";

  @TempDir Path root;

  private void kernel(String release) throws IOException {
    file("proc/sys/kernel/osrelease", release + "\n");
  }

  private void file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void programs(String... names) throws IOException {
    for (String name : names) {
      file("bin/" + name, "");
      Files.setPosixFilePermissions(
          root.resolve("bin").resolve(name), PosixFilePermissions.fromString("rwx------"));
    }
  }

  private NodeChecks node() {
    return new NodeChecks(root, root.resolve("bin").toString());
  }

  private static Check named(List<Check> checks, String subject) {
    return checks.stream().filter(c -> c.subject().equals(subject)).findFirst().orElseThrow();
  }

  @Test
  void emptyNode_lacksEverythingAndEachRowSaysWhatToDo() throws IOException {
    kernel(RELEASE);
    List<Check> checks = node().ofRbd();
    assertThat(Check.fine(checks)).isFalse();
    assertThat(named(checks, "mounter rbd").found())
        .contains("no module rbd")
        .contains("no other way");
    assertThat(checks)
        .filteredOn(c -> c.state() != State.OK)
        .hasSizeGreaterThan(4)
        .noneMatch(c -> c.remedy().equals(Check.NOTHING));
    assertThat(Check.fine(node().ofCephFs())).isFalse();
  }

  @Test
  void oneMapper_isEnoughAndTheOthersAreNotes() throws IOException {
    kernel(RELEASE);
    file("dev/fuse", "");
    programs("qemu-storage-daemon", "losetup", "mkfs.ext4", "resize2fs", "fsck.ext4", "mkfs.xfs");
    programs("xfs_growfs", "mount", "umount", "blkid");
    List<Check> checks = node().ofRbd();
    assertThat(Check.fine(checks)).as(checks.toString()).isTrue();
    assertThat(named(checks, "mounter rbd").state()).isEqualTo(State.NOTE);
    assertThat(named(checks, "mounter rbd-nbd").found()).contains("no module nbd");
    assertThat(named(checks, "mounter userspace").state()).isEqualTo(State.OK);
  }

  @Test
  void moduleThatCanBeLoaded_isThere_andItsVersionTellsTheFeatures() throws IOException {
    kernel(RELEASE);
    file("lib/modules/" + RELEASE + "/modules.dep", "kernel/drivers/block/rbd.ko.xz: x\n");
    List<Check> checks = node().ofRbd();
    assertThat(named(checks, "mounter rbd").state()).isEqualTo(State.OK);
    assertThat(named(checks, "image features").found())
        .contains("object-map")
        .contains("deep-flatten");
    assertThat(named(checks, "image features").remedy())
        .contains("imageFeatures: layering,exclusive-lock in the class");
  }

  @Test
  void kernelThatTellsItsFeatures_isBelieved() throws IOException {
    kernel(RELEASE);
    file("sys/bus/rbd/supported_features", "0x3f\n");
    assertThat(named(node().ofRbd(), "image features").state()).isEqualTo(State.OK);
  }

  @Test
  void cephFs_byTheKernelAlone_isEnough() throws IOException {
    kernel(RELEASE);
    file("proc/filesystems", "nodev\tproc\nnodev\tceph\n");
    programs("mount.ceph");
    List<Check> checks = node().ofCephFs();
    assertThat(Check.fine(checks)).isTrue();
    assertThat(named(checks, "mounter fuse").found()).contains("/dev/fuse");
    assertThat(named(checks, "getfattr").remedy()).contains("attr");
    kernel("4.16.0");
    assertThat(named(node().ofCephFs(), "mounter kernel").found()).contains("no CephFS quotas");
  }

  /** A manager may have no tasks: its module has failed, or was left out. */
  @Test
  void managerWithoutTasks_isNoProblem() {
    var cluster = new MemoryCluster("rbd");
    cluster.onMonitorCommand(command ->
        command.contains("osd pool ls")
            ? "[{\"pool_name\":\"rbd\",\"application_metadata\":{\"rbd\":{}},\"flags_names\":\"\"}]"
            : "");
    try (var clusters = new ConnectionPool(ConnectionSettings.DEFAULT);
        var connected =
            new Connected(
                clusters, cluster, new Credentials("admin", ""), Connection.plain("one"))) {
      List<Check> checks = new ClusterChecks(connected).ofRbd(List.of("rbd"));

      assertThat(Check.fine(checks)).isTrue();
      Check tasks = named(checks, "right: removal of very large images");
      assertThat(tasks.state()).isEqualTo(State.NOTE);
      assertThat(tasks.found()).contains("rbd task list", "DeleteVolume purges them itself");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "AQAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAA==,6.1.0,OK",
    "AgAAAAAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAAA==,6.1.0,NOTE",
    "AgAAAAAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAAA==,7.0.0,OK",
    "BwAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAA==,6.1.0,NOTE",
    "AQ==,6.1.0,PROBLEM",
    "rubbish!,6.1.0,PROBLEM",
  })
  void keyType_isToldWithoutTheKey(String key, String kernel, State state) {
    Check check = KeyType.of(key).check("client.csi", KernelVersion.of(kernel));
    assertThat(check.state()).isEqualTo(state);
    assertThat(check.toString()).doesNotContain(key);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nonsense|is broken",
        "[]|has no cluster",
        "[{\"monitors\":[\"m\"]}]|has no clusterID",
        "[{\"clusterID\":\"a\",\"monitors\":[]}]|has no monitors",
        "[{\"clusterID\":\"a\",\"monitors\":[\"127.0.0.1:1\"]}]|0 of 1 monitors",
      })
  void configThatCannotBeUsed_isAProblemWithARemedy(String text, String found) throws IOException {
    file("config.json", text);
    List<Check> checks = new ConfigChecks(root.resolve("config.json"), Duration.ofSeconds(1)).all();
    assertThat(Check.fine(checks)).isFalse();
    assertThat(checks)
        .anySatisfy(check -> {
          assertThat(check.found()).contains(found);
          assertThat(check.remedy()).isNotEqualTo(Check.NOTHING);
        });
  }

  @Test
  void clusterThatIsThereTwice_andProtocol2Alone_areTold() throws IOException {
    file(
        "config.json",
        """
        [{"clusterID":"a","monitors":["127.0.0.1:3300"]},{"clusterID":"a","monitors":["m"]}]
        """);
    List<Check> checks = new ConfigChecks(root.resolve("config.json"), Duration.ofSeconds(1)).all();
    assertThat(checks).extracting(Check::found).anyMatch(f -> f.contains("twice"));
    assertThat(checks).extracting(Check::remedy).anyMatch(r -> r.contains("ms_mode"));
  }

  @Test
  void text_fitsTheScreenAndNamesTheRemedy() {
    String text =
        Check.text(
            List.of(
                Check.ok("one", "fine"),
                Check.problem(
                    "two", "a thing that is wrong in very many words", "do this or that")),
            40);
    assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(40));
    assertThat(text).startsWith("ok       one: fine").contains("-> do this or that");
  }
}
