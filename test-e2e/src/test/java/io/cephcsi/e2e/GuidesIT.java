package io.cephcsi.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the documentation tells to type where there are Ceph and the program, typed in the order of
 * the pages, and what comes of it.
 */
final class GuidesIT {
  private static final String VOLUME = "pvc-0f1e2d3c";
  private static final String LONG_VOLUME = "pvc-0f1e2d3c-4b5a-4968-8776-655443322110";
  private static final String IMAGE = "csi-vol-11111111-2222-4333-8444-555555555555";

  /** What a command says, by how it begins; of the others it is enough that they end well. */
  private static final Map<String, String> SAYS = new LinkedHashMap<>();

  static {
    SAYS.put("cephcsi volumes ls --fs", "NAME");
    SAYS.put("cephcsi volumes ls", VOLUME);
    SAYS.put("cephcsi volumes show", "csi.volume.");
    SAYS.put("cephcsi id decode", "csi-vol-");
    SAYS.put("cephcsi doctor --undo", "taken back");
    SAYS.put("cephcsi doctor --repair", "mended");
    SAYS.put("cephcsi doctor --pool rbd --repair", "mended");
    SAYS.put("cephcsi doctor --fs", "filesystem cephfs: nothing is wrong");
    SAYS.put("cephcsi doctor", "1 problem");
    SAYS.put("cephcsi preflight", "ok");
    SAYS.put("cephcsi support-bundle", "tar.gz");
    SAYS.put("cephcsi --help", "--drivername");
    SAYS.put("./dev --help", "./dev demo");
    SAYS.put("source <(", "complete ");
    SAYS.put("man -l", "volumes show");
    SAYS.put("ceph fsid", "-");
    SAYS.put("ceph mon dump", "mon.a");
    SAYS.put("ceph health", "HEALTH_");
    SAYS.put("ceph -s", "quorum");
    SAYS.put("ceph df", "rbd");
    SAYS.put("ceph osd blocklist ls", "listed");
    SAYS.put("ceph osd perf", "commit_latency");
    SAYS.put("ceph mgr dump", "active_name");
    SAYS.put("rbd status", "Watchers");
    SAYS.put("rbd trash ls rbd", "thrown-away");
    SAYS.put("grep csi /proc/mounts", "kubernetes.io/csi");
  }

  /** A command of Ceph's programs: two words of it, or one where rbd has no more. */
  private static final Pattern NAMED =
      Pattern.compile("(?<=[ (])(ceph|rbd) ((?<=ceph )[a-z]+ [a-z_]+|(?<=rbd )[a-z-]+)");

  private static final int METRICS_PORT = freePort();

  @TempDir static Path folder;
  private static ThrowawayCeph ceph;
  private static CephShell shell;
  private static DriverProcess driver;
  private static String id = "";

  private static int freePort() {
    try {
      return PrometheusServer.freePort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void start() throws Exception {
    ceph = ThrowawayCeph.start();
    shell = new CephShell(ceph);
    driver = DriverProcess.start(ceph, "--controllerserver");
    for (String name : List.of(VOLUME, LONG_VOLUME)) {
      var life = new VolumeLife(name, ceph.pool(), ceph.credentials(), folder.resolve("lives"));
      Orchestrator.run(life, driver, "CreateVolume");
      id = life.volume().getVolumeId();
    }
    shell.run(
        """
        U=${IMAGE#csi-vol-}
        rbd create -s 1G $P/$IMAGE
        omap csi.volume.$U csi.volname pvc-by-hand
        omap csi.volume.$U csi.imagename $IMAGE
        omap csi.volume.$U csi.imageid $(id $IMAGE)
        omap csi.volumes.default csi.volume.pvc-by-hand $U
        rbd create -s 1G $P/thrown-away; rbd trash mv $P/thrown-away
        ceph osd pool create replicapool 8 >&2
        rbd pool init replicapool
        """
            .replace("$IMAGE", IMAGE)
            .replace("${IMAGE#csi-vol-}", IMAGE.replace("csi-vol-", "")));
    String caps = " mon 'profile rbd' osd 'profile rbd' mgr 'profile rbd' -o ";
    var _ = shell.run("ceph auth get-or-create client.csi-rbd" + caps + folder.resolve("keyring"));
    var _ = shell.run("ceph auth get-or-create client.csi" + caps + folder.resolve("csi.keyring"));
    files();
  }

  /** What a reader has at hand: a checkout, the driver's configuration, a Secret, a log. */
  private static void files() throws IOException {
    for (String name : List.of("bin", "docs", "dev", "test-e2e")) {
      Files.createSymbolicLink(folder.resolve(name), Checkout.root().resolve(name));
    }
    new JsonMapper()
        .writeValue(
            folder.resolve("config.json").toFile(),
            List.of(
                Map.of(
                    "clusterID",
                    DriverProcess.CLUSTER_ID,
                    "monitors",
                    List.of(ceph.monitors().split(",", -1)))));
    Path secret = Files.createDirectory(folder.resolve("secret"));
    Files.writeString(secret.resolve("userID"), ceph.credentials().user());
    Files.writeString(secret.resolve("userKey"), ceph.credentials().key());
    Files.copy(driver.log(), folder.resolve("driver.log"));
    Path conf = Files.createDirectory(folder.resolve("etc-ceph"));
    Files.copy(Path.of(ceph.entry("conf")), conf.resolve("ceph.conf"));
    Files.createDirectories(folder.resolve("kubernetes.io/csi"));
  }

  @AfterAll
  static void stop() {
    driver.close();
    ceph.close();
  }

  static List<DocumentedCommand> commands() {
    return DocumentedCommand.of(GuidesIT.class);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void command_doesWhatIsSaid(DocumentedCommand command) throws Exception {
    String here = here(command.text());
    if (here.matches(".*cephcsi doctor(?! --(?:undo|fs)).*")) {
      // Whose age nobody can tell, so that it is mended by who does not ask for what is young too.
      shell.run("omap csi.volumes.default csi.volume.pvc-broken rubbish");
    }
    if (here.contains("support-bundle")) {
      removeBundles();
    }
    // "1 problem found"
    int exit = here.matches("(\\./bin/)?cephcsi doctor(?!.*--(?:repair|undo|fs)).*") ? 1 : 0;
    String said = here.contains("--endpoint=") ? untilItListens(here) : typed(here, exit);
    String asIfInstalled = here.replace("./bin/cephcsi", "cephcsi");
    SAYS.entrySet().stream()
        .filter(entry -> asIfInstalled.startsWith(entry.getKey()))
        .findFirst()
        .ifPresent(entry -> assertThat(said).contains(entry.getValue()));
  }

  /** An error text names a command, mostly without its arguments and amid a sentence. */
  @Test
  void commandsOfErrorTexts_areThere() throws Exception {
    String errors =
        Files.readString(Checkout.root().resolve("docs/reference/errors.md"))
            .replaceAll("(?m)^(\\| .*?) \\| .*$", "$1");
    Map<String, String> known =
        Map.of(
            "ceph",
            shell.run("ceph --help | tr -d '[]' | sed 's/ <[a-z]*:\\([a-z]*\\)>/ \\1/'"),
            "rbd",
            shell.run("rbd help"));
    List<MatchResult> named = NAMED.matcher(errors).results().toList();
    assertThat(named).hasSizeGreaterThan(10);
    for (MatchResult command : named) {
      assertThat(known.get(command.group(1)))
          .as(command.group())
          .containsPattern("(?m)^ *(?:[a-z ]+\\()?" + command.group(2) + "\\b"); // or "remove (rm)"
    }
  }

  /** Each is named by the second in which it is made, and none is written over another. */
  private static void removeBundles() throws IOException {
    try (var bundles = Files.newDirectoryStream(folder, "cephcsi-support-*")) {
      for (Path bundle : bundles) {
        Files.delete(bundle);
      }
    }
  }

  /** With what stands for something else in its place. */
  private static String here(String command) throws Exception {
    String trashed = shell.run("rbd trash ls $P | sed -n '/thrown-away/s/ .*//p'");
    return command
        .replace("POOL/IMAGE", ceph.pool() + "/" + IMAGE)
        .replace("POOL ID", ceph.pool() + " " + trashed)
        .replace("trash ls POOL", "trash ls " + ceph.pool())
        .replaceFirst("decode ID$", "decode " + id)
        .replace(" FOLDER", " secret")
        .replace("/etc/secret", "secret")
        .replace("/etc/ceph-csi-config/config.json", "config.json")
        .replaceFirst(" FILE$", " keyring")
        .replace("/tmp/", folder + "/")
        .replace("///csi/", "//" + folder + "/")
        .replace("--metricsport=8680", "--metricsport=" + METRICS_PORT)
        // It was, or this test were not here.
        .replace("./dev build && ", "")
        .replaceFirst("^(source .*)$", "$1; complete -p cephcsi");
  }

  /** Runs it where Ceph's configuration is the cluster's, and what asks is told yes. */
  private static Process start(String command, Path log) throws Exception {
    String place =
        """
        mount --bind etc-ceph /etc/ceph
        mount -t tmpfs none kubernetes.io/csi
        exec bash -euo pipefail -c "$1"
        """;
    var builder =
        new ProcessBuilder("unshare", "--mount", "bash", "-euc", place, "bash", command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("CEPH_CONF", ceph.entry("conf"));
    builder.environment().put("KEY", shell.run("ceph auth get-key client.csi"));
    builder.environment().put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"));
    Process process = builder.start();
    try (var stdin = process.getOutputStream()) {
      stdin.write("y\n".repeat(10).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      assertThat(e).as("it does not read").hasMessageContaining("pipe");
    }
    return process;
  }

  private static String typed(String command, int exit) throws Exception {
    Path log = Files.createTempFile(folder, "said-", ".log");
    Process process = start(command, log);
    try (var _ = new AtExit(process::destroyForcibly)) {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(command).isTrue();
      assertThat(process.exitValue()).as(Files.readString(log)).isEqualTo(exit);
      return Files.readString(log);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Of a driver, or of what asks whether it answers, which go on for ever. */
  private static String untilItListens(String command) throws Exception {
    Path log = Files.createTempFile(folder, "said-", ".log");
    Path socket = Path.of(command.replaceAll(".*--endpoint=unix://(\\S+).*", "$1"));
    boolean liveness = command.contains("--type=liveness");
    Process process = start(command, log);
    try (var _ = new AtExit(process::destroyForcibly)) {
      for (int i = 0; i < 600 && process.isAlive() && !listens(liveness, socket); i++) {
        Thread.sleep(100);
      }
      assertThat(listens(liveness, socket)).as(Files.readString(log)).isTrue();
      process.destroy();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      Files.deleteIfExists(socket);
      return Files.readString(log);
    } finally {
      process.destroyForcibly();
    }
  }

  private static boolean listens(boolean liveness, Path socket) {
    if (!liveness) {
      return Files.exists(socket);
    }
    try (var _ = new Socket(InetAddress.getLoopbackAddress(), METRICS_PORT)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
