package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import csi.v1.CapacityRange;
import csi.v1.CreateSnapshotRequest;
import csi.v1.CreateVolumeRequest;
import csi.v1.VolumeCapability;
import csi.v1.VolumeCapability.AccessMode;
import csi.v1.VolumeCapability.MountVolume;
import csi.v1.VolumeContentSource;
import csi.v1.VolumeContentSource.SnapshotSource;
import io.cephcsi.ceph.Processes;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.InputSource;

/**
 * The commands as people meet them: in terminals wide and narrow, in pipes, with a dead cluster.
 */
class TerminalIT {
  private static final int COLUMNS = 110;

  private static ThrowawayCeph ceph;
  private static DriverProcess driver;

  @TempDir Path folder;

  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  @BeforeAll
  static void start() throws Exception {
    ceph = ThrowawayCeph.start("--no-cephfs");
    driver = DriverProcess.start(ceph, "--controllerserver");
    String database = create("pvc-0f1e2d3c-database", 10, "");
    create("pvc-5a6b7c8d-wordpress", 2, "");
    String snapshot =
        driver
            .client()
            .controller()
            .createSnapshot(
                CreateSnapshotRequest.newBuilder()
                    .setName("snapshot-nightly")
                    .setSourceVolumeId(database)
                    .putAllParameters(Map.of("clusterID", DriverProcess.CLUSTER_ID))
                    .putAllSecrets(secrets())
                    .build())
            .getSnapshot()
            .getSnapshotId();
    create("pvc-9e8f7a6b-restored", 10, snapshot);
    new CephShell(ceph)
        .run(
            """
            omap csi.volumes.default csi.volume.pvc-lost 11111111-2222-4333-8444-000000000001
            """);
  }

  @AfterAll
  static void end() throws Exception {
    driver.close();
    ceph.close();
  }

  private static Map<String, String> secrets() throws Exception {
    return Map.of("userID", ceph.credentials().user(), "userKey", ceph.credentials().key());
  }

  private static String create(String name, int gibibytes, String snapshot) throws Exception {
    var request =
        CreateVolumeRequest.newBuilder()
            .setName(name)
            .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes((long) gibibytes << 30))
            .addVolumeCapabilities(
                VolumeCapability.newBuilder()
                    .setMount(MountVolume.newBuilder().setFsType("ext4"))
                    .setAccessMode(
                        AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER)))
            .putAllParameters(Map.of("clusterID", DriverProcess.CLUSTER_ID, "pool", ceph.pool()))
            .putAllSecrets(secrets());
    if (!snapshot.isEmpty()) {
      request.setVolumeContentSource(
          VolumeContentSource.newBuilder()
              .setSnapshot(SnapshotSource.newBuilder().setSnapshotId(snapshot)));
    }
    return driver.client().controller().createVolume(request.build()).getVolume().getVolumeId();
  }

  /**
   * What a terminal shows of a command that has that many columns and is of a type that says
   * nothing of them.
   */
  private static String inTerminal(int columns, String words) throws Exception {
    String line =
        "export TERM=dumb; stty cols %d; %s %s"
            .formatted(columns, String.join(" ", ProgramRun.command()), words);
    Process process =
        new ProcessBuilder("timeout", "120", "script", "-qec", line, "/dev/null")
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return said.replace("\r", "");
  }

  private static String conf() {
    return " --ceph-conf " + ceph.entry("conf");
  }

  /** With the system property {@code cephcsi.write} it becomes the one in docs/. */
  @Test
  void picture_showsWhatCommandsPrint() throws Exception {
    var picture = new TerminalPicture(COLUMNS);
    List<String> commands =
        List.of("volumes ls", "volumes show pvc-9e8f7a6b-restored", "doctor --older-than 0s");
    for (String command : commands) {
      String said = inTerminal(COLUMNS, command + conf());
      assertThat(said).contains("pvc-");
      picture.add("cephcsi " + command, said);
    }
    String svg = picture.svg();
    var read =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)));
    assertThat(read.getElementsByTagName("text").getLength()).isGreaterThan(20);
    assertThat(svg)
        .contains("NAME")
        .contains("pvc-9e8f7a6b-restored")
        .contains("this one")
        .contains("1 problem")
        .doesNotContain(ceph.credentials().key());
    if (Boolean.getBoolean("cephcsi.write")) {
      Files.writeString(Checkout.root().resolve("docs/terminal.svg"), svg);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "volumes ls CONF",
        "volumes ls --used CONF",
        "volumes show pvc-9e8f7a6b-restored CONF",
        "volumes show nowhere CONF",
        "volumes ls --pool none CONF",
        "volumes lst CONF",
        "doctor --older-than 0s CONF",
        "doctor --older-than 0s --repair CONF",
        "doctor --help",
        "help volumes show",
        "--help",
        "--type=rdb",
        "id decode 0001-0004-prod-0000000000000002-11111111-2222-4333-8444-555555555555",
        "preflight CONF"
      })
  void terminalOf40Columns_isKeptTo(String command) throws Exception {
    String said = inTerminal(40, command.replace("CONF", conf()));
    // A word is never broken: one can copy it.
    assertThat(said.lines().filter(line -> line.strip().contains(" ")))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line.stripTrailing()).hasSizeLessThanOrEqualTo(40));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "volumes ls CONF",
        "volumes ls -o json CONF",
        "volumes ls --help",
        "help",
        "--help",
        "completion"
      })
  void pipeThatCloses_isNoFailureAndNothingIsSaid(String command) throws Exception {
    String program = String.join(" ", ProgramRun.command()) + " " + command.replace("CONF", conf());
    for (String line :
        List.of(
            "(sleep 1; %s) | true".formatted(program),
            "%s | (sleep 2; head -c 1 > /dev/null)".formatted(program))) {
      assertThat(piped(line)).as(line).isEqualTo(new Piped(0, ""));
    }
  }

  @Test
  void pipeOfErrorsThatCloses_changesNoExitCode() throws Exception {
    String program = String.join(" ", ProgramRun.command());
    assertThat(piped("(sleep 1; %s volumes lst) 2>&1 | true".formatted(program)))
        .isEqualTo(new Piped(2, ""));
  }

  /** What a pipe of commands said, and the first failure in it. */
  private record Piped(int exit, String said) {}

  private static Piped piped(String line) throws Exception {
    Process process =
        new ProcessBuilder("bash", "-c", "set -o pipefail; " + line)
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Piped(process.waitFor(), said);
  }

  /** One that goes on when it has hung for a while. */
  @Test
  void clusterThatHangs_isShownOnATerminalAndNotInAPipe() throws Exception {
    assertThat(whileOsdHangs(() -> inTerminal(COLUMNS, "doctor" + conf())))
        .contains("cephcsi ")
        .contains("objects")
        .contains("1 problem");
    CommandRun run = whileOsdHangs(() -> CommandRun.of(("doctor" + conf()).split(" ", -1)));
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).startsWith("pool rbd: ");
  }

  private static <T> T whileOsdHangs(Callable<T> command) throws Exception {
    long osd = ceph.process("osd").pid();
    Processes.stop(osd);
    try (var later = Executors.newSingleThreadScheduledExecutor()) {
      var resumed =
          later.schedule(
              () -> {
                Processes.resume(osd);
                return true;
              },
              8,
              TimeUnit.SECONDS);
      T told = command.call();
      assertThat(resumed.get()).isTrue();
      return told;
    } finally {
      Processes.resume(osd);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "volumes ls",
        "volumes show pvc-9e8f7a6b-restored",
        "doctor",
        "doctor --undo BACKUP --yes"
      })
  void osdThatHangs_isToldInTime(String command) throws Exception {
    String fsid = new CephShell(ceph).run("ceph fsid");
    Path backup =
        Files.writeString(
            folder.resolve("backup.json"),
            "{\"step\":\"RemoveKey\",\"of\":{\"directory\":\"csi.volumes.default\",\"key\":\"k\",\"value\":\"v\"},\"fsid\":\"%s\",\"pool\":\"rbd\",\"namespace\":\"\"}%n"
                .formatted(fsid));
    String line = command.replace("BACKUP", backup + "") + conf() + " --timeout 2s";
    long osd = ceph.process("osd").pid();
    Processes.stop(osd);
    try {
      long begun = System.nanoTime();
      CommandRun run = CommandRun.of(line.split(" ", -1));
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
      assertThat(run.exit()).as(run.out() + run.err()).isEqualTo(1);
      assertThat(run.err()).contains("timed out");
    } finally {
      Processes.resume(osd);
    }
  }

  @Test
  void noTerminal_getsWholeLinesAndNoProgressBar() throws Exception {
    CommandRun run = CommandRun.of(("volumes ls" + conf()).split(" ", -1));
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).doesNotContain("…").doesNotContain("\u001b").contains("ID");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "volumes ls",
        "volumes show x",
        "doctor",
        "preflight",
        "support-bundle --file BUNDLE"
      })
  void monitorThatAcceptsAndSaysNothing_isToldInTime(String command) throws Exception {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Path config =
          Files.writeString(
              folder.resolve("config.json"),
              "[{\"clusterID\":\"one\",\"monitors\":[\"127.0.0.1:%d\"]}]"
                  .formatted(silent.getLocalPort()));
      Path key = Files.writeString(folder.resolve("key"), ceph.credentials().key());
      List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
      words.replaceAll(word -> word.replace("BUNDLE", folder.resolve("bundle.tar.gz") + ""));
      words.addAll(List.of("--cluster-config", config + "", "--secret", key + ""));
      words.addAll(List.of("--timeout", "2s"));
      long begun = System.nanoTime();
      CommandRun run = CommandRun.of(words.toArray(String[]::new));
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
      assertThat(run.exit()).isEqualTo(1);
      assertThat(run.out() + run.err())
          .contains("127.0.0.1:" + silent.getLocalPort())
          .contains("timed out")
          .doesNotContain(ceph.credentials().key());
    }
  }
}
