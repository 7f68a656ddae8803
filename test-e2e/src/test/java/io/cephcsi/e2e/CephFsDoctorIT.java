package io.cephcsi.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cephcsi.ceph.Processes;
import io.cephcsi.e2e.VolumeLife.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** As {@link DoctorIT}, for CephFS: each kind of damage, while a controller runs. */
class CephFsDoctorIT {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What stands for the n-th UUID in the scripts. */
  private static final String UUIDS =
      """
      U() { printf '11111111-2222-4333-8444-%012d' "$1"; }
      D=csi.volumes.default
      object() { fsomap csi.volume.$(U $1) csi.volname pvc-$1; fsomap csi.volume.$(U $1) csi.imagename csi-vol-$(U $1); }
      subvolume() { ceph fs subvolume create cephfs csi-vol-$(U $1) csi --size 1073741824; }
      """;

  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static CephShell shell;
  private static VolumeLife volume;
  private static SnapshotLife snapshot;
  private static VolumeLife shown;
  private static Doctor doctor;

  @TempDir static Path staging;
  @TempDir Path folder;

  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  @BeforeAll
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    shell = new CephShell(ceph);
    doctor = Doctor.of(ceph);
    driver = DriverProcess.startCephFs(ceph, "--controllerserver");
    volume = VolumeLife.onCephFs(ceph, "pvc-sound", staging);
    snapshot = new SnapshotLife(volume, "snapshot-sound");
    shown = volume.copy("pvc-shown", true, snapshot::source);
    for (Step step :
        List.of(
            Orchestrator.step(volume, "CreateVolume"),
            snapshot.cut(),
            Orchestrator.step(shown, "CreateVolume"))) {
      var _ = Orchestrator.run(step, driver::client);
    }
  }

  @AfterAll
  static void end() throws Exception {
    driver.close();
    ceph.close();
  }

  private static List<String> stored() throws Exception {
    List<String> all = new ArrayList<>(shell.lines("fs ls"));
    all.addAll(shell.lines("ceph fs subvolume ls cephfs csi | grep -o 'csi-vol-[^\"]*'"));
    all.addAll(shell.lines("fs listomapkeys csi.volumes.default"));
    all.addAll(shell.lines("fs listomapkeys csi.snaps.default"));
    all.addAll(
        shell.lines(
            "for t in $(fs ls | grep ^rt-); do echo $t; fs listomapkeys $t; fs get $t - | od -An -tx1; done"));
    return all;
  }

  @Test
  void eachKindOfDamage_isFoundExplainedMendedAndNotFoundAgain() throws Exception {
    assertThat(doctor.run().out()).contains("filesystem cephfs: nothing is wrong");
    List<String> sound = stored();
    String source = volume.volume().getVolumeContextOrThrow("subvolumeName");
    shell.run(
        UUIDS
            + """
            object 1
            fsomap $D csi.volume.pvc-2 $(U 2)
            object 3; fsomap $D csi.volume.pvc-3 $(U 3)
            subvolume 4
            subvolume 5; fsomap $D csi.volume.pvc-5 $(U 5)
            fsomap $D csi.volume.pvc-6 rubbish
            object 7; fsomap $D csi.volume.pvc-7 $(U 7)
            ceph config set mgr mgr/volumes/snapshot_clone_delay 15 2>/dev/null || true
            ceph fs subvolume snapshot create cephfs SOURCE csi-vol-$(U 7) csi
            ceph fs subvolume snapshot clone cephfs SOURCE csi-vol-$(U 7) csi-vol-$(U 7) --group_name csi --target_group_name csi
            ceph fs clone cancel cephfs csi-vol-$(U 7) --group_name csi
            object 8; fsomap csi.volume.$(U 8) csi.volume.backingsnapshotid SNAPSHOT
            """
                .replace("SOURCE", source)
                .replace("SNAPSHOT", snapshot.source().getSnapshot().getSnapshotId()));
    stale();
    List<String> damaged = stored();

    CommandRun look = doctor.run("-o", "json");
    assertThat(look.exit()).isEqualTo(1);
    String uuid = "11111111-2222-4333-8444-00000000000";
    Map<String, String> found = new TreeMap<>(Doctor.found(look));
    assertThat(found.remove("orphan-object"))
        .contains("object csi.volume." + uuid + "1", "object csi.volume." + uuid + "8");
    assertThat(found.remove("key-without-object"))
        .contains("name pvc-2 in csi.volumes.default", "name pvc-5 in csi.volumes.default");
    assertThat(found)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "entry-without-subvolume", "volume pvc-3",
                "subvolume-without-entry", "subvolume csi-vol-" + uuid + "4",
                "half-made-clone", "subvolume csi-vol-" + uuid + "7",
                "stale-tracker",
                    "tracker of snapshot " + snapshot.source().getSnapshot().getSnapshotId(),
                "unusable-name", "name pvc-6 in csi.volumes.default"));
    Set<String> titles = Doctor.explained(look);
    CommandRun told = doctor.run("--fs", "cephfs");
    assertThat(told.out())
        .contains("9 problems")
        .contains("subvolume without entry")
        .contains("No volume id leads to the subvolume")
        .contains("to mend it: remove object csi.volume.11111111");
    assertThat(doctor.run("--repair", "--dry-run", "--yes").exit()).isEqualTo(1);
    assertThat(stored()).isEqualTo(damaged);

    Path backup = folder.resolve("backup.json");
    CommandRun mended = doctor.run("--repair", "--yes", "--backup", backup.toString());
    assertThat(mended.err()).contains(titles.stream().map("mended "::concat).toList());
    assertThat(mended.exit()).as(mended.out() + mended.err()).isZero();
    CommandRun again = doctor.run();
    assertThat(again.exit()).as(again.out()).isZero();
    assertThat(again.out()).contains("filesystem cephfs: nothing is wrong");
    assertThat(stored()).containsAll(sound);

    CommandRun undone =
        CommandRun.of(
            "doctor", "--ceph-conf", ceph.entry("conf"), "--undo", backup.toString(), "--yes");
    assertThat(undone.out())
        .contains("taken back")
        .contains("cannot be taken back: remove subvolume csi-vol-11111111");
    assertThat(stored())
        .contains(
            "csi.volume.pvc-2",
            "csi.volume.pvc-6",
            "csi.volume.11111111-2222-4333-8444-000000000001");
    assertThat(doctor.run("--repair", "--yes", "--backup", folder.resolve("b2.json") + "").exit())
        .isZero();
  }

  /** A volume that showed the snapshot loses its entry, as by hand. */
  private static void stale() throws Exception {
    VolumeLife gone = volume.copy("pvc-gone", true, snapshot::source);
    String id = Orchestrator.run(Orchestrator.step(gone, "CreateVolume"), driver::client);
    String uuid = id.substring(id.length() - 36);
    shell.run("fs rmomapkey csi.volumes.default csi.volume.pvc-gone; fs rm csi.volume." + uuid);
  }

  @Test
  void youngFullOrMounted_isLeftAlone() throws Exception {
    String subvolume = "csi-vol-11111111-2222-4333-8444-000000000021";
    shell.run(UUIDS + "subvolume 21");
    CommandRun early = doctor.run("--fs", "cephfs", "--older-than", "1h");
    assertThat(early.exit()).as(early.out()).isZero();
    assertThat(early.out()).contains("1 more changed too recently");

    Path mount = Files.createDirectory(folder.resolve("mount"));
    String path = shell.run("ceph fs subvolume getpath cephfs %s csi".formatted(subvolume));
    shell.run("ceph-fuse -c $CEPH_CONF -r %s %s > /dev/null 2>&1".formatted(path, mount));
    try (var _ = new AtExit(() -> unmount(mount))) {
      assertLeftAlone(subvolume, "left alone: a client has it open");
      Files.write(mount.resolve("data"), new byte[4096]);
    } finally {
      unmount(mount);
    }
    String info = "ceph fs subvolume info cephfs %s csi".formatted(subvolume);
    for (int i = 0; i < 30 && !shell.run(info).contains("\"bytes_used\": 4096"); i++) {
      Thread.sleep(1000);
    }
    assertLeftAlone(subvolume, "it has 4096 bytes in it", "left alone: you have to decide");
    shell.run(UUIDS + "ceph fs subvolume rm cephfs csi-vol-$(U 21) csi");
  }

  private void assertLeftAlone(String subvolume, String... told) throws Exception {
    Path backup = folder.resolve("left");
    CommandRun run = doctor.run("--repair", "--yes", "--backup", backup + "");
    assertThat(run.exit()).isEqualTo(1);
    // Sentences are in lines.
    assertThat(run.out().replaceAll("\\s+", " ")).contains(told);
    assertThat(backup).doesNotExist();
    assertThat(shell.run("ceph fs subvolume ls cephfs csi")).contains(subvolume);
  }

  @Test
  void show_tellsTheVolumeAndItsSnapshots() throws Exception {
    String subvolume = volume.volume().getVolumeContextOrThrow("subvolumeName");
    for (String asked : List.of("pvc-sound", volume.volume().getVolumeId(), subvolume)) {
      JsonNode found = show(asked);
      assertThat(found.path("subvolume").asText()).isEqualTo(subvolume);
      assertThat(found.path("path").asText())
          .isEqualTo(volume.volume().getVolumeContextOrThrow("subvolumePath"));
      assertThat(found.path("sizeBytes").asLong()).isEqualTo(1L << 30);
      assertThat(found.path("journal").path("key").asText()).isEqualTo("csi.volume.pvc-sound");
      assertThat(found.path("state").asText()).isEqualTo("ok");
    }
    JsonNode cut = show("snapshot-sound");
    assertThat(cut.path("kind").asText()).isEqualTo("snapshot");
    assertThat(cut.path("shownBy").path(0).asText())
        .isEqualTo(shown.volume().getVolumeContextOrThrow("subvolumeName"));
    JsonNode shows = show("pvc-shown");
    assertThat(shows.path("showsSnapshot").asText()).isEqualTo(cut.path("id").asText());
    CommandRun nothing =
        CommandRun.of("volumes", "show", "nowhere", "--ceph-conf", ceph.entry("conf"));
    assertThat(nothing.exit()).isEqualTo(1);
    assertThat(nothing.err()).contains("in pool rbd, filesystem cephfs");
  }

  @Test
  void ls_listsVolumesAndWithUsedAsksTheManager() throws Exception {
    Map<String, JsonNode> listed = list("--fs", "cephfs");
    assertThat(listed).containsOnlyKeys("pvc-sound", "pvc-shown");
    JsonNode sound = requireNonNull(listed.get("pvc-sound"));
    assertThat(sound.path("id").asText()).isEqualTo(volume.volume().getVolumeId());
    assertThat(sound.path("fileSystem").asText()).isEqualTo("cephfs");
    assertThat(sound.path("group").asText()).isEqualTo("csi");
    assertThat(sound.path("subvolume").asText())
        .isEqualTo(volume.volume().getVolumeContextOrThrow("subvolumeName"));
    assertThat(sound.path("sizeBytes").asLong()).isEqualTo(1L << 30);
    assertThat(sound.path("snapshots").asInt()).isEqualTo(1);
    assertThat(sound.path("state").asText()).isEqualTo("ok");
    assertThat(sound.path("usedBytes").isNull()).isTrue();
    assertThat(requireNonNull(listed.get("pvc-shown")).path("subvolume").asText()).isEmpty();

    JsonNode used = requireNonNull(list("--used").get("pvc-sound"));
    assertThat(used.path("usedBytes").isNumber()).isTrue();
    assertThat(used.path("createdAt").asText()).isNotEmpty();
    CommandRun table = CommandRun.of("volumes", "ls", "--ceph-conf", ceph.entry("conf"));
    assertThat(table.out().lines().filter(line -> line.startsWith("pvc-sound")))
        .singleElement()
        .asString()
        .matches("pvc-sound +ok +1 GiB +0 +1 +- +cephfs/csi +csi-vol-.*");
  }

  /** By their names. */
  private static Map<String, JsonNode> list(String... options) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of(
                "volumes",
                "ls",
                "--ceph-conf",
                ceph.entry("conf"),
                "--cluster-id",
                DriverProcess.CLUSTER_ID,
                "-o",
                "json"));
    words.addAll(List.of(options));
    CommandRun run = CommandRun.of(words.toArray(String[]::new));
    assertThat(run.exit()).as(run.err()).isZero();
    Map<String, JsonNode> listed = new TreeMap<>();
    MAPPER.readTree(run.out()).forEach(row -> listed.put(row.path("name").asText(), row));
    return listed;
  }

  @Test
  void show_tellsWhoHasTheVolumeMounted() throws Exception {
    assertThat(show("pvc-sound").path("openBy")).isEmpty();
    assertThat(requireNonNull(list().get("pvc-sound")).path("watchers").asInt(-1)).isZero();
    Path mount = Files.createDirectory(folder.resolve("mount"));
    String path = volume.volume().getVolumeContextOrThrow("subvolumePath");
    shell.run("ceph-fuse -c $CEPH_CONF -r %s %s > /dev/null 2>&1".formatted(path, mount));
    try (var _ = new AtExit(() -> unmount(mount))) {
      JsonNode found = show("pvc-sound");
      assertThat(found.path("openByUntold").asText()).isEmpty();
      assertThat(found.path("openBy")).hasSize(1);
      assertThat(found.path("openBy").path(0).path("node").asText())
          .isEqualTo(shell.run("uname -n"));
      assertThat(found.path("openBy").path(0).path("address").asText()).contains(":0/");
      assertThat(requireNonNull(list().get("pvc-sound")).path("watchers").asInt()).isEqualTo(1);
    } finally {
      unmount(mount);
    }
    // ceph-fuse ends its session when its mount is gone already.
    for (int i = 0; i < 30 && !show("pvc-sound").path("openBy").isEmpty(); i++) {
      Thread.sleep(1000);
    }
    assertThat(show("pvc-sound").path("openBy")).isEmpty();
  }

  private static void unmount(Path mount) {
    try {
      shell.run("! mountpoint -q %1$s || umount %1$s".formatted(mount));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Such as the nodes' user, and the provisioner's, who may nothing there; which since Ceph 20 is
   * not even told.
   */
  @ParameterizedTest
  @CsvSource({"node, mds 'allow rw'", "provisioner, ''"})
  void show_userWhoMayNotAskForClients_saysSo(String user, String mds) throws Exception {
    Path keyring = folder.resolve("keyring");
    shell.run(
        "ceph auth get-or-create client.%s mon 'allow r' mgr 'allow rw' %s osd 'allow rw tag cephfs metadata=*' -o %s"
            .formatted(user, mds, keyring));
    CommandRun run =
        CommandRun.of(
            "volumes",
            "show",
            "pvc-sound",
            "--ceph-conf",
            ceph.entry("conf"),
            "--user",
            user,
            "--keyring",
            keyring.toString(),
            "--fs",
            "cephfs");
    assertThat(run.out())
        .as(run.err())
        .containsPattern(
            "not told: (client.%1$s may not ask for it|metadata server cephfs:0 does not answer client.%1$s: .*mds caps)"
                .formatted(user));
    assertThat(run.exit()).isZero();
  }

  @Test
  void show_metadataServerHangs_endsInTimeAndSaysSo() throws Exception {
    Processes.stop(ceph.process("mds").pid());
    try {
      long start = System.nanoTime();
      CommandRun run = showing("pvc-sound", "--timeout", "10s");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(25));
      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.err())
          .contains("timed out", "filesystem cephfs has an active metadata server");
    } finally {
      Processes.resume(ceph.process("mds").pid());
    }
    assertThat(show("pvc-sound").path("state").asText()).isEqualTo("ok");
  }

  @ParameterizedTest
  @ValueSource(strings = {"doctor", "volumes ls", "volumes show pvc-sound"})
  void managerHangs_endsInTimeAndSaysSo(String command) throws Exception {
    List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
    words.addAll(List.of("--ceph-conf", ceph.entry("conf"), "--cluster-id"));
    words.addAll(List.of(DriverProcess.CLUSTER_ID, "--fs", "cephfs", "--timeout", "2s"));
    Processes.stop(ceph.process("mgr").pid());
    try {
      long start = System.nanoTime();
      CommandRun run = CommandRun.of(words.toArray(String[]::new));
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(25));
      assertThat(run.exit()).as(run.out() + run.err()).isEqualTo(1);
      assertThat(run.err()).contains("timed out").contains("ceph mgr stat");
    } finally {
      Processes.resume(ceph.process("mgr").pid());
    }
    assertThat(show("pvc-sound").path("state").asText()).isEqualTo("ok");
  }

  private static JsonNode show(String asked) throws Exception {
    CommandRun run = showing(asked, "-o", "json");
    assertThat(run.exit()).as(run.err()).isZero();
    return MAPPER.readTree(run.out());
  }

  private static CommandRun showing(String asked, String... options) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of(
                "volumes",
                "show",
                asked,
                "--ceph-conf",
                ceph.entry("conf"),
                "--cluster-id",
                DriverProcess.CLUSTER_ID));
    words.addAll(List.of(options));
    return CommandRun.of(words.toArray(String[]::new));
  }
}
