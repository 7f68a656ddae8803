package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import csi.v1.CapacityRange;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.DeleteSnapshotRequest;
import csi.v1.DeleteVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
  private static String id;
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
    id = driver.client().controller().createVolume(request()).getVolume().getVolumeId();
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
            object 7; omap csi.volume.$(U 7) cephcsi.discarded true
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
    String uuid = "11111111-2222-4333-8444-00000000000";
    Map<String, String> found = new TreeMap<>(Doctor.found(look));
    assertThat(found.remove("leaked-snapshot"))
        .contains("snapshot csi-snap-%s6 of image %s".formatted(uuid, image))
        .contains("snapshot csi-snap-11111111-2222-4333-8444-000000000012 of image " + image);
    assertThat(found)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "orphan-object",
                "object csi.volume." + uuid + "1",
                "key-without-object",
                "name pvc-2 in csi.volumes.default",
                "entry-without-image",
                "volume pvc-3",
                "image-without-entry",
                "image csi-vol-" + uuid + "4",
                "leaked-image",
                "image csi-vol-" + uuid + "5-temp",
                "trash-entry",
                "image csi-vol-" + uuid + "7 in the trash",
                "half-made",
                "image csi-vol-" + uuid + "8",
                "unusable-name",
                "name pvc-9 in csi.volumes.default",
                "stale-note",
                "note cephcsi.discarded.11111111-2222-4333-8444-000000000010",
                "unfinished",
                "volume pvc-11"));
    Set<String> titles = Doctor.explained(look);
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
    assertThat(mended.err()).contains(titles.stream().map("mended "::concat).toList());
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

    Process watcher = watch(young);
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

  private static Process watch(String name) throws Exception {
    return new ProcessBuilder("rbd", "-c", ceph.entry("conf"), "watch", ceph.pool() + "/" + name)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
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
  void ls_tellsEachVolumeAndWhoHasItOpen() throws Exception {
    JsonNode sound = listed("pvc-sound");
    assertThat(sound.path("id").asText()).isEqualTo(id);
    assertThat(sound.path("pool").asText()).isEqualTo(ceph.pool());
    assertThat(sound.path("image").asText()).isEqualTo(image);
    assertThat(sound.path("imageId").asText()).isEqualTo(shell.run("id " + image));
    assertThat(sound.path("sizeBytes").asLong()).isEqualTo(1L << 30);
    assertThat(sound.path("snapshots").asInt(-1)).isZero();
    assertThat(sound.path("watchers").asInt(-1)).isZero();
    assertThat(sound.path("createdAt").asText()).isNotEmpty();
    assertThat(sound.path("state").asText()).isEqualTo("ok");
    assertThat(sound.path("usedBytes").isNull()).isTrue();

    shell.run("rbd snap create --no-progress $P/%s@by-hand".formatted(image));
    shell.run(
        "rbd bench --io-type write --io-size 4K --io-total 4K $P/%s > /dev/null".formatted(image));
    Process watcher = watch(image);
    try (var _ = new AtExit(watcher::destroyForcibly)) {
      awaitWatcher(image);
      JsonNode open = listed("pvc-sound", "--used");
      assertThat(open.path("watchers").asInt()).isEqualTo(1);
      assertThat(open.path("snapshots").asInt()).isEqualTo(1);
      assertThat(open.path("usedBytes").asLong()).isEqualTo(4096);
    } finally {
      var _ = watcher.destroyForcibly().waitFor();
      shell.run("rbd snap rm --no-progress $P/%s@by-hand".formatted(image));
    }
  }

  private static JsonNode listed(String name, String... options) throws Exception {
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
    return StreamSupport.stream(MAPPER.readTree(run.out()).spliterator(), false)
        .filter(row -> row.path("name").asText().equals(name))
        .findFirst()
        .orElseThrow();
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

  /** All of the journal, values too, and the images. */
  private static String contents() throws Exception {
    return shell.run(
        """
        for o in $(rados -p $P ls | grep ^csi | sort); do echo "$o"; rados -p $P listomapvals "$o"; done
        rbd ls -l $P; rbd trash ls $P
        """);
  }

  @ParameterizedTest
  @CsvSource({
    "--ceph-conf CONF,asked: choose the other by",
    "--ceph-conf CONF --cluster-id two,but cluster two is asked",
    "--cluster-config CONFIG --secret KEY,is not in",
    "--cluster-config CONFIG --secret KEY --cluster-id demo,but cluster demo is asked",
  })
  void idOfAnotherCluster_isExit2AndToldWhichIsAsked(String options, String told) throws Exception {
    String other = "99999999-2222-4333-8444-555555555555";
    List<String> words =
        new ArrayList<>(
            List.of(
                "volumes",
                "show",
                "0001-0024-%s-0000000000000001-11111111-2222-4333-8444-000000000001"
                    .formatted(other)));
    words.addAll(
        List.of(
            options
                .replace("CONFIG", config() + "")
                .replace("CONF", ceph.entry("conf"))
                .replace("KEY", key() + "")
                .replace("cluster-id demo", "cluster-id " + DriverProcess.CLUSTER_ID)
                .split(" ", -1)));
    CommandRun run = CommandRun.of(words.toArray(String[]::new));
    assertThat(run.exit()).as(run.err()).isEqualTo(2);
    assertThat(run.err())
        .contains("cluster " + other)
        .contains(told.replace("cluster demo", "cluster " + DriverProcess.CLUSTER_ID));
  }

  private Path config() throws Exception {
    return Files.writeString(
        folder.resolve("config.json"),
        MAPPER.writeValueAsString(
            List.of(
                Map.of(
                    "clusterID",
                    DriverProcess.CLUSTER_ID,
                    "monitors",
                    List.of(ceph.monitors().split(",", -1))))));
  }

  private Path key() throws Exception {
    return Files.writeString(folder.resolve("key"), ceph.credentials().key());
  }

  @Test
  void backupOfAnotherCluster_isExit2AndChangesNothing() throws Exception {
    shell.run("omap csi.volumes.default csi.volume.pvc-31 rubbish");
    Path backup = folder.resolve("backup.json");
    assertThat(doctor.run("--repair", "--yes", "--backup", backup + "").exit()).isZero();
    String mended = contents();
    Path other =
        Files.writeString(
            folder.resolve("other.json"),
            Files.readString(backup).replace(shell.run("ceph fsid"), "9999"));
    CommandRun run =
        CommandRun.of("doctor", "--ceph-conf", ceph.entry("conf"), "--undo", other + "", "--yes");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("is of cluster 9999, but cluster").contains("--ceph-conf");
    assertThat(contents()).isEqualTo(mended);
  }

  @Test
  void answers_areHeededBothWays() throws Exception {
    shell.run(
        UUIDS + "omap $D csi.volume.pvc-41 rubbish; object 42; omap $D csi.volume.pvc-42 $(U 42)");
    String damaged = contents();
    Path backup = folder.resolve("backup.json");
    CommandRun refused = answered("n\nn\n", "--repair", "--backup", backup + "");
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).contains("mend ").contains("[y]es, [n]o, [a]ll, [q]uit:");
    assertThat(backup).doesNotExist();
    assertThat(contents()).isEqualTo(damaged);

    CommandRun quit = answered("what?\nq\n", "--repair", "--backup", backup + "");
    assertThat(quit.exit()).isEqualTo(1);
    assertThat(contents()).isEqualTo(damaged);

    CommandRun mended = answered("y\na\n", "--repair", "--backup", backup + "");
    assertThat(mended.exit()).as(mended.err()).isZero();
    String sound = contents();
    assertThat(sound).doesNotContain("pvc-41").doesNotContain("pvc-42");

    CommandRun kept = CommandRun.of(Map.of(), "q\n", undo(backup));
    assertThat(kept.exit()).isEqualTo(1);
    assertThat(contents()).isEqualTo(sound);
    CommandRun undone = CommandRun.of(Map.of(), "a\n", undo(backup));
    assertThat(undone.exit()).as(undone.out() + undone.err()).isZero();
    assertThat(contents()).isEqualTo(damaged);
    assertThat(doctor.run("--repair", "--yes", "--backup", folder.resolve("b2") + "").exit())
        .isZero();
  }

  @Test
  void repairWhileAControllerWorks_hindersNoCall() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      var over = new AtomicBoolean();
      List<Future<Integer>> workers = new ArrayList<>();
      for (int n = 1; n <= 2; n++) {
        String name = "pvc-busy-" + n;
        workers.add(threads.submit(() -> work(name, over)));
      }
      try {
        for (int run = 0; run < 4; run++) {
          CommandRun repaired =
              CommandRun.of(
                  "doctor",
                  "--ceph-conf",
                  ceph.entry("conf"),
                  "--repair",
                  "--yes",
                  "--older-than",
                  "1h",
                  "--backup",
                  folder.resolve("busy" + run) + "");
          // What it sees may be gone when it looks again, which it tells.
          assertThat(repaired.exit()).as(repaired.out() + repaired.err()).isLessThan(2);
        }
      } finally {
        over.set(true);
      }
      for (Future<Integer> worker : workers) {
        assertThat(worker.get(2, TimeUnit.MINUTES)).isPositive();
      }
    }
    for (int n = 1; n <= 2; n++) {
      JsonNode kept = listed("pvc-busy-" + n);
      assertThat(kept.path("state").asText()).isEqualTo("ok");
      var _ = driver.client().controller().deleteVolume(deletion(kept.path("id").asText()));
    }
    for (int i = 0; i < 30 && doctor.run().exit() != 0; i++) {
      Thread.sleep(1000); // what was deleted is purged
    }
    assertThat(doctor.run().out()).contains("nothing is wrong");
  }

  /** Makes volumes, snapshots and clones, and deletes them but one volume; how often. */
  private static int work(String name, AtomicBoolean over) throws Exception {
    var controller = driver.client().controller();
    String kept = create(name, "");
    int rounds = 0;
    while (!over.get()) {
      String snapshot =
          controller
              .createSnapshot(
                  CreateSnapshotRequest.newBuilder()
                      .setName(name + "-snapshot")
                      .setSourceVolumeId(kept)
                      .putAllParameters(Map.of("clusterID", DriverProcess.CLUSTER_ID))
                      .putAllSecrets(request().getSecretsMap())
                      .build())
              .getSnapshot()
              .getSnapshotId();
      String clone = create(name + "-clone", snapshot);
      var _ = controller.deleteVolume(deletion(clone));
      var _ =
          controller.deleteSnapshot(
              DeleteSnapshotRequest.newBuilder()
                  .setSnapshotId(snapshot)
                  .putAllSecrets(request().getSecretsMap())
                  .build());
      rounds++;
    }
    return rounds;
  }

  private static String create(String name, String snapshot) throws Exception {
    CreateVolumeRequest.Builder wanted = request().toBuilder().setName(name);
    if (!snapshot.isEmpty()) {
      wanted.setVolumeContentSource(
          VolumeContentSource.newBuilder()
              .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(snapshot)));
    }
    return driver.client().controller().createVolume(wanted.build()).getVolume().getVolumeId();
  }

  private static DeleteVolumeRequest deletion(String volume) throws Exception {
    return DeleteVolumeRequest.newBuilder()
        .setVolumeId(volume)
        .putAllSecrets(request().getSecretsMap())
        .build();
  }

  private static CommandRun answered(String input, String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of("doctor"));
    all.addAll(doctor.options());
    all.addAll(List.of(words));
    return CommandRun.of(Map.of(), input, all.toArray(String[]::new));
  }

  private static String[] undo(Path backup) throws Exception {
    return new String[] {"doctor", "--ceph-conf", ceph.entry("conf"), "--undo", backup.toString()};
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "key", "json", "keyring", "env:KEY", "-", "- json"})
  void configAndSecret_areTakenFromWhereverTheyAre(String source) throws Exception {
    String key = ceph.credentials().key();
    String user = ceph.credentials().user();
    String json = MAPPER.writeValueAsString(Map.of("userID", user, "userKey", key));
    Path secrets = Files.createDirectory(folder.resolve("folder"));
    Files.writeString(secrets.resolve("userID"), user);
    Files.writeString(secrets.resolve("userKey"), key);
    Files.writeString(folder.resolve("key"), key);
    Files.writeString(folder.resolve("json"), json);
    Files.writeString(folder.resolve("keyring"), "[client.%s]%n\tkey = %s%n".formatted(user, key));
    String input = source.equals("-") ? key : json;
    for (List<String> command :
        List.of(List.of("doctor"), List.of("volumes", "show", "pvc-sound"))) {
      List<String> words = new ArrayList<>(command);
      words.addAll(List.of("--cluster-config", config() + "", "--secret"));
      boolean file = Files.exists(folder.resolve(source));
      words.add(file ? folder.resolve(source) + "" : source.replaceAll(" .*", ""));
      CommandRun run =
          CommandRun.of(
              Map.of("KEY", key),
              source.startsWith("-") ? input : "",
              words.toArray(String[]::new));
      assertThat(run.exit()).as(run.out() + run.err()).isZero();
      assertThat(run.out()).contains(command.size() == 1 ? "nothing is wrong" : "pvc-sound");
      assertThat(run.out() + run.err()).doesNotContain(key);
    }
  }

  @Test
  void cephConfThatIsBroken_isNamed() throws Exception {
    Path conf = Files.writeString(folder.resolve("ceph.conf"), "[global\nmon host = = ");
    CommandRun run = CommandRun.of("volumes", "ls", "--ceph-conf", conf + "", "--timeout", "2s");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains(conf + ", which Ceph cannot parse: ceph-conf -c");
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
