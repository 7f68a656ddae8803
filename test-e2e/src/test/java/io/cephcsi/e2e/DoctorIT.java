package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import csi.v1.CapacityRange;
import csi.v1.CreateVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import io.cephcsi.ceph.Cluster;
import io.cephcsi.ceph.Clusters;
import io.cephcsi.ceph.ConnectionPool;
import io.cephcsi.ceph.ConnectionSettings;
import io.cephcsi.ceph.Image;
import io.cephcsi.ceph.Pool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The doctor on a real cluster, while a controller runs: each kind of damage, found and mended. */
class DoctorIT {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What stands for the n-th UUID in the scripts. */
  private static final String UUIDS =
      """
      U() { printf '11111111-2222-4333-8444-%012d' "$1"; }
      D=csi.volumes.default
      object() { omap csi.volume.$(U $1) csi.volname pvc-$1; omap csi.volume.$(U $1) csi.imagename csi-vol-$(U $1); }
      """;

  private static ThrowawayCeph ceph;
  private static DriverProcess driver;
  private static CephShell shell;
  private static String image;
  private static Doctor doctor;

  @TempDir Path folder;

  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  @BeforeAll
  static void start() throws Exception {
    ceph = ThrowawayCeph.start("--no-cephfs");
    shell = new CephShell(ceph);
    doctor = Doctor.of(ceph);
    driver = DriverProcess.start(ceph, "--controllerserver");
    String id = driver.client().controller().createVolume(request()).getVolume().getVolumeId();
    image = "csi-vol-" + id.substring(id.length() - 36);
  }

  @AfterAll
  static void end() throws Exception {
    driver.close();
    ceph.close();
  }

  private static CreateVolumeRequest request() throws Exception {
    return CreateVolumeRequest.newBuilder()
        .setName("pvc-sound")
        .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(1L << 30))
        .addVolumeCapabilities(
            VolumeCapability.newBuilder()
                .setMount(MountVolume.newBuilder().setFsType("ext4"))
                .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
        .putAllParameters(Map.of("clusterID", DriverProcess.CLUSTER_ID, "pool", ceph.pool()))
        .putAllSecrets(
            Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key()))
        .build();
  }

  private static List<String> stored() throws Exception {
    List<String> all = new ArrayList<>(shell.lines("rados -p $P ls | grep ^csi || true"));
    all.addAll(shell.lines("rbd ls $P"));
    all.addAll(shell.lines("rados -p $P listomapkeys csi.volumes.default"));
    all.addAll(shell.lines("rbd trash ls $P"));
    return all;
  }

  /** As a driver leaves it that is killed amid the removal of a snapshot. */
  private static void takeName(String snapshot) throws Exception {
    try (Clusters clusters = new ConnectionPool(ConnectionSettings.DEFAULT);
        Cluster cluster = clusters.lend(ceph.monitors(), ceph.credentials());
        Pool pool = cluster.openPool(ceph.pool(), "");
        Image open = pool.openImageReadOnly(image)) {
      open.snapshots().stream()
          .filter(s -> s.name().equals(snapshot))
          .forEach(s -> pool.takeSnapshotName(open.id(), s.id()));
    }
  }

  @Test
  void eachKindOfDamage_isFoundExplainedMendedAndNotFoundAgain() throws Exception {
    assertThat(doctor.run().out()).contains("nothing is wrong");
    List<String> sound = stored();
    shell.run(
        UUIDS
            + """
            object 1
            omap $D csi.volume.pvc-2 $(U 2)
            object 3; omap csi.volume.$(U 3) csi.imageid 1234; omap $D csi.volume.pvc-3 $(U 3)
            rbd create -s 1G $P/csi-vol-$(U 4)
            rbd create -s 1G $P/csi-vol-$(U 5)-temp
            rbd snap create --no-progress $P/csi-vol-$(U 5)-temp@csi-vol-$(U 5)
            rbd snap create --no-progress $P/IMAGE@csi-snap-$(U 6)
            rbd create -s 1G $P/csi-vol-$(U 7); rbd trash mv $P/csi-vol-$(U 7)
            rbd snap create --no-progress $P/IMAGE@csi-vol-$(U 8)
            rbd clone --rbd-default-clone-format 2 $P/IMAGE@csi-vol-$(U 8) $P/csi-vol-$(U 8)
            object 8; omap csi.volume.$(U 8) cephcsi.parameters x; omap $D csi.volume.pvc-8 $(U 8)
            omap $D csi.volume.pvc-9 rubbish
            omap $D cephcsi.discarded.$(U 10) "1 csi-vol-$(U 10)"
            rbd create -s 1G $P/csi-vol-$(U 11)
            object 11; omap $D csi.volume.pvc-11 $(U 11)
            rbd snap create --no-progress $P/IMAGE@csi-snap-$(U 12)
            """
                .replace("IMAGE", image));
    takeName("csi-snap-11111111-2222-4333-8444-000000000012");
    List<String> damaged = stored();

    CommandRun look = doctor.run("-o", "json");
    assertThat(look.exit()).isEqualTo(1);
    assertThat(Doctor.found(look).keySet())
        .containsExactlyInAnyOrder(
            "orphan-object",
            "key-without-object",
            "entry-without-image",
            "image-without-entry",
            "leaked-image",
            "leaked-snapshot",
            "trash-entry",
            "half-made",
            "unusable-name",
            "stale-note",
            "unfinished");
    CommandRun told = doctor.run();
    assertThat(told.out())
        .contains("12 problems")
        .contains("orphan journal object")
        .contains("No directory key leads to it")
        .contains("to mend it: remove object csi.volume.11111111");
    assertThat(doctor.run("--repair", "--dry-run", "--yes").exit()).isEqualTo(1);
    assertThat(stored()).isEqualTo(damaged);

    Path backup = folder.resolve("backup.json");
    CommandRun mended = doctor.run("--repair", "--yes", "--backup", backup.toString());
    assertThat(mended.err()).contains("mended orphan journal object");
    assertThat(mended.exit()).as(mended.out() + mended.err()).isZero();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");
    CommandRun again = doctor.run();
    assertThat(again.exit()).isZero();
    assertThat(again.out()).contains("nothing is wrong");
    assertThat(shell.lines("rbd snap ls --all $P/" + image)).isEmpty();
    List<String> after = new ArrayList<>(stored());
    assertThat(after).containsAll(sound);

    CommandRun undone =
        CommandRun.of(
            "doctor", "--ceph-conf", ceph.entry("conf"), "--undo", backup.toString(), "--yes");
    assertThat(undone.out()).contains("taken back").contains("cannot be taken back: purge");
    assertThat(new TreeSet<>(stored()))
        .contains(
            "csi.volume.pvc-2",
            "csi.volume.pvc-9",
            "csi.volume.11111111-2222-4333-8444-000000000001",
            "csi-vol-11111111-2222-4333-8444-000000000004");
    List<String> back = stored();
    CommandRun twice =
        CommandRun.of(
            "doctor", "--ceph-conf", ceph.entry("conf"), "--undo", backup.toString(), "--yes");
    assertThat(twice.exit()).as(twice.out() + twice.err()).isZero();
    assertThat(twice.out()).contains("already back").doesNotContain("\ntaken back");
    assertThat(stored()).isEqualTo(back);
    assertThat(doctor.run("--repair", "--yes", "--backup", folder.resolve("b2.json") + "").exit())
        .isZero();
  }

  @Test
  void imageInUseOrYoung_isLeftAloneAndNobodyIsAskedWithoutAnswers() throws Exception {
    shell.run(UUIDS + "rbd create -s 1G $P/csi-vol-$(U 21)");
    String young = "csi-vol-11111111-2222-4333-8444-000000000021";
    CommandRun early = doctor.run("--older-than", "1h");
    assertThat(early.exit()).isZero();
    assertThat(early.out()).contains("1 more changed too recently");

    CommandRun unanswered = doctor.run("--repair");
    assertThat(unanswered.exit()).isEqualTo(2);
    assertThat(unanswered.err()).contains("nobody answers: give --yes");

    Process watcher =
        new ProcessBuilder("rbd", "-c", ceph.entry("conf"), "watch", ceph.pool() + "/" + young)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var _ = new AtExit(watcher::destroyForcibly)) {
      awaitWatcher(young);
      CommandRun used = doctor.run("--repair", "--yes", "--backup", folder.resolve("b") + "");
      assertThat(used.exit()).isEqualTo(1);
      assertThat(used.out()).contains("left alone: a client has it open");
      assertThat(shell.run("rbd ls $P")).contains(young);
    } finally {
      var _ = watcher.destroyForcibly().waitFor();
    }
    shell.run("rbd rm --no-progress $P/" + young + " || (sleep 31; rbd rm $P/" + young + ")");
  }

  private static void awaitWatcher(String name) throws Exception {
    for (int i = 0; i < 100; i++) {
      if (shell.run("rbd status $P/" + name).contains("watcher=")) {
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError("nobody watches " + name);
  }

  @Test
  void show_tellsTheVolumeOfTheDriver() throws Exception {
    CommandRun shown =
        CommandRun.of(
            "volumes", "show", "pvc-sound", "--ceph-conf", ceph.entry("conf"), "-o", "json");
    assertThat(shown.exit()).isZero();
    JsonNode volume = MAPPER.readTree(shown.out());
    assertThat(volume.path("image").asText()).isEqualTo(image);
    assertThat(volume.path("journal").path("key").asText()).isEqualTo("csi.volume.pvc-sound");
    assertThat(StreamSupport.stream(volume.path("features").spliterator(), false))
        .extracting(JsonNode::asText)
        .contains("layering");
    CommandRun byImage = CommandRun.of("volumes", "show", image, "--ceph-conf", ceph.entry("conf"));
    assertThat(byImage.out()).contains("pvc-sound").contains(image + "  <- this one");
    CommandRun narrow =
        CommandRun.of(
            Map.of("COLUMNS", "40"), "", "volumes", "ls", "--ceph-conf", ceph.entry("conf"));
    assertThat(narrow.out().lines())
        .hasSizeGreaterThan(1)
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(40));
  }

  @Test
  void clusterThatDoesNotAnswer_isToldInTime() throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("config.json"),
            "[{\"clusterID\":\"one\",\"monitors\":[\"127.0.0.1:1\"]}]");
    Path key = Files.writeString(folder.resolve("key"), ceph.credentials().key());
    CommandRun run =
        CommandRun.of(
            "doctor", "--cluster-config", config + "", "--secret", key + "", "--timeout", "2s");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("127.0.0.1:1").doesNotContain(ceph.credentials().key());
  }
}
